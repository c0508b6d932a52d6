// Package await is for tests only. It says in one place how long a test
// waits for what it expects, and lets tests that need much of this computer
// take turns, in all packages and programs at the same time. A [Buffer] is what
// they read meanwhile.
//
// No wait is a measurement: what comes, comes within a small part of it on a
// slow and busy computer too, and what does not is hopeless. Nor is it what
// ends a test that hangs elsewhere: .ci/tools/suite, which `make test` runs the
// tests with, holds each of them to a [Limit], or to what the test itself asked
// for with [Allow], and reads for that what this package logs.
package await
