//go:build unix

package sshhost

import (
	"os"
	"os/signal"
	"syscall"
)

// defaultSignals lets what this process starts begin with the default action
// of every signal, as sshd does, also where this process was itself started
// with some of them ignored, as nohup and some continuous integration machines
// do. A started process inherits what is ignored, and never what is caught:
// those signals are caught here, and nothing is done about them.
func defaultSignals() {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
	// Go takes over all others when it starts, but for a terminal's, of which
	// it does not say whether they are ignored. A computer with hosts has no
	// terminal that it could be stopped from.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU)
}
