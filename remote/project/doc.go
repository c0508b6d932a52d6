// Package project keeps a folder of this computer and one on a host alike, in
// both directions: three-way, by content, against what both were when they were
// last alike. It loses nothing: what both sides changed is kept twice.
package project
