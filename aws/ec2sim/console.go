package ec2sim

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

type consoleIn struct {
	InstanceId string
	Latest     bool
}

type consoleOut struct {
	ID     string `xml:"instanceId"`
	Time   string `xml:"timestamp"`
	Output string `xml:"output,omitempty"` // base64
}

// getConsoleOutput is empty until the first boot has printed, and keeps what
// that printed, host keys included, over stops and starts.
func getConsoleOutput(c *call, in *consoleIn) (*consoleOut, error) {
	found, err := c.visible([]string{in.InstanceId})
	if err != nil {
		return nil, err
	}
	i := found[0]
	kind, _ := typeNamed(i.Type)
	if in.Latest && !kind.nitro() {
		return nil, refuse("UnsupportedOperation", "This instance type does not support retrieving the latest console logs. Supported instance types include instances built on the Nitro System.")
	}
	if i.Console == "" && i.State == stateRunning && !c.now.Before(i.Since.Add(c.cloud.opts.Timing.Console)) {
		i.Console = console(i.ID, i.HostKeys)
		c.changed = true
	}
	out := &consoleOut{ID: i.ID, Time: wireTime(c.now)}
	if i.Console != "" {
		out.Output = base64.StdEncoding.EncodeToString([]byte(i.Console))
	}
	return out, nil
}

// console is what cloud-init prints at the first boot, with a serial
// console's line ends.
func console(id string, hostKeys []string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("[    0.000000] Linux version 6.17.0-1007-aws (embedded cloud: no kernel runs here)")
	line("[   12.408127] cloud-init[615]: Cloud-init v. 26.3 finished the instance %s", id)
	line("<14>Jan  1 00:00:12 cloud-init: #############################################################")
	line("<14>Jan  1 00:00:12 cloud-init: -----BEGIN SSH HOST KEY FINGERPRINTS-----")
	for _, key := range hostKeys {
		words := strings.Fields(key)
		if len(words) < 2 {
			continue
		}
		blob, err := base64.StdEncoding.DecodeString(words[1])
		if err != nil {
			continue
		}
		sum := sha256.Sum256(blob)
		line("<14>Jan  1 00:00:12 cloud-init: 256 SHA256:%s root@ip (%s)", base64.RawStdEncoding.EncodeToString(sum[:]), strings.ToUpper(strings.TrimPrefix(words[0], "ssh-")))
	}
	line("<14>Jan  1 00:00:12 cloud-init: -----END SSH HOST KEY FINGERPRINTS-----")
	line("<14>Jan  1 00:00:12 cloud-init: #############################################################")
	line("-----BEGIN SSH HOST KEY KEYS-----")
	for _, key := range hostKeys {
		line("%s", strings.Join(strings.Fields(key), " "))
	}
	line("-----END SSH HOST KEY KEYS-----")
	line("[   13.001245] cloud-init[615]: Datasource DataSourceEc2Local. Up 13.00 seconds")
	line("Ubuntu ttyS0")
	return b.String()
}
