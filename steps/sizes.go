package steps

import "fmt"

// Sizes are told in the units that AWS sells memory and disks by, and that ls
// and df count in: a KiB is 1024 bytes. go-humanize is not used: it has no part
// of a whole in one unit, and from 10 on it leaves out what a copy's progress
// is seen by.
const kibi = 1024

// Bytes is a size as a person reads it: "900.0 MiB".
func Bytes(n int64) string {
	value, unit := float64(n), unitOf(n)
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", value/sizeOf(unit), unitName(unit))
}

// BytesOf is a part of a whole, in the whole's unit: "2.1 of 7.7 GiB".
func BytesOf(part, whole int64) string {
	unit := unitOf(whole)
	if unit == 0 {
		return fmt.Sprintf("%d of %d B", part, whole)
	}
	return fmt.Sprintf("%.1f of %.1f %s", float64(part)/sizeOf(unit), float64(whole)/sizeOf(unit), unitName(unit))
}

// Megabytes is a size that a machine told in MiB.
func Megabytes(mib int) string { return Bytes(int64(mib) << 20) }

// Memory is an instance type's memory, in the unit that AWS lists it in: "0.5
// GiB", "16 GiB".
func Memory(mib int) string {
	if mib%kibi == 0 {
		return fmt.Sprintf("%d GiB", mib/kibi)
	}
	return fmt.Sprintf("%.1f GiB", float64(mib)/kibi)
}

// unitOf is the power of 1024 that a size is told in.
func unitOf(n int64) int {
	unit := 0
	for v := float64(n); v >= kibi-0.05 && unit < 4; v /= kibi { // 1023.96 would be drawn as 1024.0
		unit++
	}
	if unit == 1 && n < kibi {
		return 0
	}
	return unit
}

func sizeOf(unit int) float64 {
	size := 1.0
	for range unit {
		size *= kibi
	}
	return size
}

func unitName(unit int) string { return [...]string{"B", "KiB", "MiB", "GiB", "TiB"}[unit] }
