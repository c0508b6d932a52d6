// Package sandbox is the guide's cloud on this computer alone: the embedded
// EC2 of aws/ec2sim whose instances are the embedded hosts of remote/sshhost,
// in a process of its own that outlives the program as a cloud does.
//
// [Ensure] answers with the running sandbox or starts one, by the program's
// own "sandbox run", which calls [Run]. Only one runs for a folder. The process
// ends by [Stop], or on its own after half an hour without a client and without
// a running instance. After it was killed, its instances are found stopped and
// can be started again.
package sandbox
