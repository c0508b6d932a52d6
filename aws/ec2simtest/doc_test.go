// Package ec2simtest drives the embedded EC2 with the real AWS SDK. It has tests
// only, and a folder of its own because fuzzing instruments all that a test
// binary imports: with the SDK among that, package ec2sim's own fuzz targets
// would take minutes and gigabytes to build.
package ec2simtest
