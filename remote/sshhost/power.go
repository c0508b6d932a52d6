package sshhost

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// A host is switched off from inside, and given another host key, by a word
// into the pipe beside its home, which belongs to the host's user. Its commands
// find the pipe by the mark that every process of the host carries.
const (
	powerPipe = "power"
	wordStop  = "stop" // from the host itself: do not listen any more

	// From inside.
	wordOff      = "off"
	wordMakeKey  = "make-key"
	wordPlaceKey = "place-key"
)

// hostScripts are the commands, three of them as on a machine with systemd. A
// delayed shutdown is a process of the host that waits.
func hostScripts() map[string]string {
	return map[string]string{"poweroff": offScript, "halt": offScript, "shutdown": shutdownScript, hostKeyCommand: hostKeyScript}
}

const offScript = `pipe=${` + markHome + `%/*}/` + powerPipe + `
if [ ! -p "$pipe" ] || [ ! -w "$pipe" ]; then
	echo "${0##*/}: this is not a process of a sandbox's host" >&2
	exit 1
fi
echo ` + wordOff + ` >"$pipe"
`

const shutdownScript = `when=
cancel=
for a in "$@"; do
	case $a in
	-h | -P | -H | -k | --no-wall | --poweroff | --halt | -hP | -Ph) ;;
	-c) cancel=1 ;;
	-r | --reboot) echo "shutdown: the sandbox's hosts do not restart from inside" >&2; exit 1 ;;
	-*) echo "shutdown: unknown option $a" >&2; exit 1 ;;
	*) [ -n "$when" ] || when=$a ;;
	esac
done
waits=$HOME/.run/shutdown
if [ -f "$waits" ]; then kill "$(cat "$waits")" 2>/dev/null; rm -f "$waits"; fi
[ -z "$cancel" ] || exit 0
case ${when:-+1} in
now) minutes=0 ;;
+*) minutes=${when:-+1} minutes=${minutes#+} ;;
*) minutes=$when ;;
esac
case $minutes in
'' | *[!0-9]* | ??????*) echo "shutdown: the sandbox's hosts know \"now\" and minutes (+5) only" >&2; exit 1 ;;
esac
[ "$minutes" -gt 0 ] || exec poweroff
# shellcheck disable=SC2016
setsid nohup sh -c 'sleep $(($1 * 60)); exec poweroff' shutdown "$minutes" </dev/null >/dev/null 2>&1 &
echo $! >"$waits"
echo "Shutdown scheduled in $minutes minutes, use 'shutdown -c' to cancel."
`

// power is the host's side of the pipe.
type power struct {
	pipe *os.File // open for both, so that reading it never ends
	once sync.Once
}

func (m machine) openPower() (*power, error) {
	pipe, err := makePipe(filepath.Join(m.dir, powerPipe), m.c.who)
	if err != nil {
		return nil, err
	}
	return &power{pipe: pipe}, nil
}

// close ends the reading.
func (p *power) close() {
	p.once.Do(func() {
		// Where a pipe's Close does not wake its reader, the word does.
		_, _ = p.pipe.WriteString(wordStop + "\n")
	})
}

// powerPatience is how long a host that is switched off from inside may take.
const powerPatience = time.Minute

// watchPower waits for the word, then switches the host off and calls down.
func (h *Host) watchPower(down func()) {
	defer func() { _ = h.power.pipe.Close() }()
	words := bufio.NewScanner(h.power.pipe)
	for words.Scan() {
		h.mu.Lock()
		stopped := h.stopped
		h.mu.Unlock()
		if stopped {
			return // by Stop, whatever the word
		}
		switch words.Text() {
		case wordMakeKey:
			_ = h.makeKey() // the command that waits for it tells that it was not done
			continue
		case wordPlaceKey:
			_ = h.placeKey() // likewise
			continue
		case wordOff:
		default:
			continue
		}
		go func() { // Stop waits for this watch
			ctx, cancel := context.WithTimeout(context.Background(), powerPatience)
			defer cancel()
			_ = h.Stop(ctx) // what does not end now is ended by the next Stop or Start
			if down != nil {
				down()
			}
		}()
		return
	}
}
