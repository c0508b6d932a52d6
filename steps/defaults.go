package steps

// DefaultTypeFor picks the type to preselect: the guide's t2.micro where the
// region has it, else the smallest free-tier type, else t3.micro, else the
// smallest there is.
func DefaultTypeFor(types []InstanceType) string {
	var best InstanceType
	for _, t := range types {
		if t.Name == DefaultType {
			return t.Name
		}
		if best.Name == "" || betterDefault(t, best) {
			best = t
		}
	}
	return best.Name
}

func betterDefault(t, best InstanceType) bool {
	if t.FreeTier != best.FreeTier {
		return t.FreeTier
	}
	if (t.Arch == "amd64") != (best.Arch == "amd64") {
		return t.Arch == "amd64"
	}
	if (t.Name == "t3.micro") != (best.Name == "t3.micro") {
		return t.Name == "t3.micro"
	}
	// Jupyter does not fit below 1 GiB.
	if (t.MemoryMiB >= 1024) != (best.MemoryMiB >= 1024) {
		return t.MemoryMiB >= 1024
	}
	if t.MemoryMiB != best.MemoryMiB {
		return t.MemoryMiB < best.MemoryMiB
	}
	return t.Name < best.Name
}
