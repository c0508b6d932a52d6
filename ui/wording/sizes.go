package wording

import "github.com/jupyter-ec2/jupyter-ec2/steps"

// Sizes are worded where the guide's own texts are, so that both say the same.
// What draws knows nothing of the guide, and asks here.

// Bytes is a size as a person reads it: "900.0 MiB".
func Bytes(n int64) string { return steps.Bytes(n) }

// BytesOf is a part of a whole, in the whole's unit: "2.1 of 7.7 GiB".
func BytesOf(part, whole int64) string { return steps.BytesOf(part, whole) }

// Megabytes is a size that a machine told in MiB.
func Megabytes(mib int) string { return steps.Megabytes(mib) }

// MegabytesOf is a part of a whole, both told in MiB.
func MegabytesOf(part, whole int) string { return steps.BytesOf(int64(part)<<20, int64(whole)<<20) }

// Memory is an instance type's memory, in the unit that AWS lists it in.
func Memory(mib int) string { return steps.Memory(mib) }
