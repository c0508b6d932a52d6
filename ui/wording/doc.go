// Package wording says facts about machines in words: money, time spans, sizes,
// counts, and when a machine stops. The screen and the commands say them alike.
package wording
