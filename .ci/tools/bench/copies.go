package main

import "fmt"

// copySections are the copies against scp and rsync, each with the cipher that
// it comes with, and on loopback with ours.
func copySections() []section {
	text := "From the program's start to its end, with the login, on the same OpenSSH server, in turns, from memory to memory: on loopback, and over a line of 20 ms there and back. Modes are kept, times are not; the files are of 4 KiB, the large one has 1 GB. Over the distance scp is given 250 files only, and the cipher decides nothing."
	return []section{
		{"Copies, beside scp", text, "`scp -r`", copyRows("scp")},
		{"Copies, beside rsync", "The same against `rsync -rp`.", "`rsync -rp`", copyRows("rsync")},
	}
}

func copyRows(peer string) []row {
	var rows []row
	add := func(at, title, copied, what, peer string, bound float64) {
		for _, way := range []string{"up", "down"} {
			unit := copied + "-" + way + "-s"
			rows = append(rows, row{
				source: "cp", what: fmt.Sprintf("%s: %s, %s", title, what, way), unit: "s",
				ours: figure{"Copy/" + at + "/ours", unit}, peer: figure{"Copy/" + at + "/" + peer, unit},
				target: &target{ratio: true, at: bound},
			})
		}
	}
	const small, large = "files", "one of 1 GB"
	many := 1.0
	if peer == "scp" {
		many = 0.33
	}
	for _, cipher := range []string{"", "_gcm"} {
		title := "loopback" + map[string]string{"_gcm": ", aes128-gcm"}[cipher]
		add("loopback", title, "5000files", "5,000 "+small, peer+cipher, many)
		add("loopback", title, "1GB", large, peer+cipher, 1)
	}
	add("20ms", "20 ms", "250files", "250 "+small, peer, many)
	if peer != "scp" {
		add("20ms", "20 ms", "5000files", "5,000 "+small, peer, many)
	}
	add("20ms", "20 ms", "1GB", large, peer, 1)
	if peer == "scp" {
		rows = append(rows, row{source: "cp", what: "memory, at most", unit: "MB", ours: figure{"Copy/loopback/ours", "MB"}})
	}
	return rows
}
