// Package engine does the guide's work: it signs in, launches, connects,
// installs, serves and opens, and looks after the machines from then on.
//
// It knows EC2 and hosts only by the small interfaces in ports.go, says what it
// does only through [steps.Event]s, asks only through [steps.Asker], and
// remembers only in the ledger.
package engine
