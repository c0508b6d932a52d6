package main

import "fmt"

// tunnelSections compare the tunnel with OpenSSH's client, as it comes and with
// the cipher that ours chooses: its own flatters us on computers that have AES
// in hardware.
func tunnelSections() []section {
	text := "The same OpenSSH server, with the same server behind it, each figure in turns: on loopback, and over a line of 20 and of 80 ms there and back. The page is 120 files of 64 KiB over six connections; memory and CPU are the client's."
	return []section{
		{"The tunnel", text, "`ssh -NL`", tunnelRows("ssh", map[string]float64{"down": 1.3, "down8-first": 1.0, "down8": 1.0})},
		{"The tunnel, with the same cipher", "The same against `ssh -c aes128-gcm@openssh.com -NL`.", "`ssh -NL`, aes128-gcm", tunnelRows("gcm", map[string]float64{"down": 1.0, "down8-first": 1.0, "down8": 1.0})},
	}
}

// tunnelRows are the rows against a peer; loopback are its targets there.
func tunnelRows(peer string, loopback map[string]float64) []row {
	far := func(first float64) map[string]float64 {
		return map[string]float64{"down": 1.1, "up": 1.8, "down8-first": 2.5, "down8": 2.5, "up8": 2.5, "connect": 0.33, "page": 0.7, "first-byte": first}
	}
	loopback["first-byte"] = 0.3
	var rows []row
	for _, at := range []struct {
		name, title string
		targets     map[string]float64
	}{{"loopback", "loopback", loopback}, {"20ms", "20 ms", far(0.45)}, {"80ms", "80 ms", far(0.6)}} {
		for _, f := range []struct {
			id, what, of, unit string
			more               bool
		}{
			{"down", "down, one stream", "down-MiB/s", "MiB/s", true},
			{"up", "up, one stream", "up-MiB/s", "MiB/s", true},
			{"down8-first", "down, the first eight streams", "down8-first-MiB/s", "MiB/s", true},
			{"down8", "down, eight streams", "down8-MiB/s", "MiB/s", true},
			{"up8", "up, eight streams", "up8-MiB/s", "MiB/s", true},
			{"connect", "a new connection", "connect-ms", "ms", false},
			{"page", "a page", "page-ms", "ms", false},
			{"ping", "1 KB there and back, the slowest 1 %", "ping-p99-ms", "ms", false},
			{"first-byte", "from the start to the first byte", "first-byte-ms", "ms", false},
			{"cpu", "CPU, down", "down-cpu-s/GiB", "s/GiB", false},
			{"memory", "memory, at most", "peak-MB", "MB", false},
		} {
			one := row{
				source: "tunnel", what: fmt.Sprintf("%s: %s", at.title, f.what), unit: f.unit, more: f.more,
				ours: figure{"Tunnel/" + at.name + "/ours", f.of}, peer: figure{"Tunnel/" + at.name + "/" + peer, f.of},
			}
			if bound := at.targets[f.id]; bound != 0 {
				one.target = &target{ratio: true, at: bound}
			}
			rows = append(rows, one)
		}
	}
	return rows
}
