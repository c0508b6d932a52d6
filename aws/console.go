package aws

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
)

// hostKeys finds what cloud-init prints between its two markers:
// https://docs.cloud-init.io/en/latest/reference/modules.html (keys to
// console). Only a block that has its end counts, the last one of them; half a
// block is not printed yet.
func hostKeys(console string) []string {
	const begin, end = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"
	j := strings.LastIndex(console, end)
	if j < 0 {
		return nil
	}
	i := strings.LastIndex(console[:j], begin)
	if i < 0 {
		return nil
	}
	var keys []string
	for line := range strings.Lines(console[i+len(begin) : j]) {
		if key := keyIn(line); key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// keyIn finds "ssh-ed25519 AAAA…" in a line, after whatever the console put
// before it and without the comment.
func keyIn(line string) string {
	fields := strings.Fields(line)
	for i := 0; i+1 < len(fields); i++ {
		if isAlgorithm(fields[i]) && keyName(fields[i+1]) == fields[i] {
			return fields[i] + " " + fields[i+1]
		}
	}
	return ""
}

func isAlgorithm(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-.@") == ""
}

// keyName is the algorithm that a public key's blob itself names first (RFC
// 4253, section 6.6), or nothing when it is no such blob.
func keyName(blob string) string {
	raw, err := base64.StdEncoding.DecodeString(blob)
	if err != nil || len(raw) < 4 {
		return ""
	}
	n := binary.BigEndian.Uint32(raw)
	if raw = raw[4:]; uint64(n) >= uint64(len(raw)) {
		return ""
	}
	return string(raw[:n])
}
