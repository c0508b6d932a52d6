// Package jupyter installs, serves, proves and watches Jupyter on a host.
//
// Everything it puts on a host lies in ~/.jupyter-ec2, apart from a systemd
// unit or two where there is systemd: venv/ holds Jupyter, bin/ the installer,
// server/ the running server's files, its token among them, and watch/ the
// watcher that stops the machine when it is idle, all readable by their owner
// only. What a host prints is handed on through safe.Lines or
// safe.Clean, so it is safe for a terminal.
//
// Errors that a person can meet are *[Error], which is a problem.
package jupyter
