// Package wording says facts about machines in words: states, money, time spans,
// sizes, counts, when a machine stops, and what is to be chosen. The screen and
// the commands say them alike.
package wording
