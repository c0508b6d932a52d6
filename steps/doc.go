// Package steps is the guide: the ordered steps from an AWS account to a
// Jupyter URL that works, what each of them asks, does, says and undoes.
//
// It is the one engine behind the wizard and the commands. It knows EC2 and
// hosts only by the small interfaces in ports.go, says what it does only
// through [Event]s, asks only through [Asker], and remembers only in the
// ledger.
package steps
