// Package tuitest is a terminal for tests: a PTY with a screen behind it that
// shows what a person would see. Nothing but tests may import it.
package tuitest
