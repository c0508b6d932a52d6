package jupyter

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// The install scripts' own exit codes; see scripts/common.sh.
const (
	exitNoPython  = 10
	exitOldPython = 11
	exitDisk      = 12
	exitNetwork   = 14
	exitTLS       = 15
	exitRefused   = 16
	exitAptLocked = 17
	exitChecksum  = 18
	exitNoWheel   = 19
	exitNoVenv    = 20
	exitBusy      = 21
)

// installFailure is one way an install fails: told by an exit code, or by what
// apt, pip, uv or the fetcher print.
type installFailure struct {
	code  int
	texts *regexp.Regexp
	title string
	text  string // %s is the host's name, where there is one
	next  problem.Next
}

// refusal is what an index says that has no such package, or gives it to others.
const refusal = "%s says that it does not have the package, or does not give it to this machine."

const again = " Then try again: the install continues where it stopped."

// installFailures, never changed, are looked through in order: what is certain first. The
// texts are those of apt 2.x, pip 20 to 26 and uv 0.13. They are compiled when
// an install has failed: at every start it would cost more than all else there.
var installFailures = sync.OnceValue(func() []installFailure {
	return []installFailure{
		{
			exitDisk, regexp.MustCompile(`(?i)no space left on device|not enough free space|disk quota exceeded`),
			"The machine's disk is full", "There is no space left for Jupyter, which needs about 600 MB.",
			problem.Say("Free some space on the machine, or ").Act(problem.ChooseDisk.Of("a larger disk for a new one")).Say("." + again),
		},
		{
			137, regexp.MustCompile(`(?i)out of memory|cannot allocate memory|MemoryError|^Killed$`),
			"The machine ran out of memory", "The install was killed (exit 137), most likely because the machine has too little memory.",
			problem.Act(problem.ChooseType.Of("a larger instance type, such as t3.small")).Say(", or add swap by hand." + again),
		},
		{
			exitTLS, regexp.MustCompile(`(?i)certificate[ _]verify[ _]failed|invalid peer certificate|unknownissuer|SSLCertVerificationError|certificate is not (yet )?valid|is not valid yet`),
			"The package index's certificate is not trusted", "The TLS certificate of %s cannot be verified from the machine: its clock may be wrong, or a proxy in between has a certificate of its own.",
			problem.Say("Check the machine's clock (date), and set PIP_CERT or SSL_CERT_FILE to your proxy's certificate." + again),
		},
		{
			exitChecksum, regexp.MustCompile(`(?i)hash(es)? (sum )?mismatch|do not match the hashes|checksum of .* is not`),
			"A download was damaged", "What came from %s does not have the checksum that the index states.",
			problem.Say("Try again. If it persists, something between the machine and the index changes the files."),
		},
		{
			exitAptLocked, regexp.MustCompile(`(?i)could not get lock|unable to lock directory|unable to acquire the dpkg`),
			"Another apt is running on the machine", "The machine's own update has held apt's lock for minutes.",
			problem.Say("Wait some minutes, or ").Do(problem.ChooseUV).Say(", which does not need apt." + again),
		},
		{
			exitBusy, nil,
			"Another install is running on the machine", "It has not finished for 15 minutes.",
			problem.Say("Find out on the machine which one it is: fuser -v ~/.jupyter-ec2/install.lock." + again),
		},
		{
			0, regexp.MustCompile(`(?i)temporary failure resolving|could not resolve|name or service not known|name resolution|failed to lookup address|dns error|nodename nor servname`),
			"The package index cannot be found", "The machine could not resolve the name %s.",
			problem.Say("Check the machine's DNS and its route to the internet (route, NAT, proxy settings)." + again),
		},
		{
			0, regexp.MustCompile(`(?i)^(Err:\d+|E:|W:) .* \b(40\d|429|50\d)  \w`), // apt's own, with two spaces
			"The package index refuses", refusal,
			problem.Say("Check apt's settings: the lines in /etc/apt/sources.list and /etc/apt/sources.list.d, and the logins in /etc/apt/auth.conf.d." + again),
		},
		{
			0, regexp.MustCompile(`(?i)\b407\b[ :,]*(error, credentials|proxy authentication)`),
			"A proxy asks for a login", "The proxy between the machine and %s wants a user and a password, or does not accept those that it got.",
			problem.Say("Check the proxy settings on the machine (HTTPS_PROXY, HTTP_PROXY) and the user and password in them." + again),
		},
		{
			0, regexp.MustCompile(`(?i)\b401\b[ :,]*(error, credentials|unauthorized|client error)|lack of valid authentication credentials`),
			"The package index asks for a login", "%s wants a user and a password, or does not accept those that it got.",
			problem.Say("Check the user and password in the index settings (PIP_INDEX_URL, UV_DEFAULT_INDEX, ~/.netrc, and pip config list)." + again),
		},
		{
			exitRefused, regexp.MustCompile(`(?i)\b(401|403|404|407|429|50[0234]) (unauthorized|forbidden|not found|proxy authentication|too many|internal|bad gateway|service|client error|server error)|status (code|client error|server error)[ :(]*\d+|\b(401|403|407) error, credentials`),
			"The package index refuses", refusal,
			problem.Say("Check the index settings (PIP_INDEX_URL, UV_DEFAULT_INDEX)." + again),
		},
		{
			exitNetwork, regexp.MustCompile(`(?i)connection (refused|reset|timed out|broke)|network is unreachable|no route to host|timed? ?out|failed to establish a new connection|could not reach the package index|could not connect`),
			"The package index cannot be reached", "The machine has no connection to %s.",
			problem.Say("Check the machine's route to the internet: the subnet's route table, a firewall, proxy settings." + again),
		},
		{
			// apt continues without the indexes that it could not get: what was in
			// the way is said above.
			0, regexp.MustCompile(`(?i)unable to locate package|has no installation candidate`),
			"The package index refuses", refusal,
			problem.Say("Check apt's settings: the lines in /etc/apt/sources.list and /etc/apt/sources.list.d." + again),
		},
		{
			exitNoPython, regexp.MustCompile(`python3?: (command )?not found|there is no python3`),
			"There is no python3 on the machine", "Jupyter is a Python program, and the machine has no python3 and no way to get one without your help.",
			problem.Say("Install it (on Ubuntu: sudo apt-get install -y python3)." + again),
		},
		{
			exitOldPython, regexp.MustCompile(`(?i)requires[- ]python|requires a different python|Jupyter needs Python`),
			"The machine's Python is too old", "Jupyter needs Python 3.8 or later.",
			problem.Act(problem.ChooseImage.Of("Ubuntu 20.04 or later")).Say("; 24.04 is the default."),
		},
		{
			0, regexp.MustCompile(`externally[- ]managed`),
			"The machine keeps its Python for itself", "Its Python belongs to the system (PEP 668), and nothing may be installed into it.",
			problem.Say("Run the install again: it uses a virtual environment."),
		},
		{
			exitNoVenv, regexp.MustCompile(`(?i)ensurepip is not available|No module named '?(venv|ensurepip|pip)`),
			"No virtual environment can be made", "The machine's Python lacks what is needed for one.",
			problem.Do(problem.ChooseUV).Say(", or install python3-venv on the machine." + again),
		},
		{
			// What pip says of an index that refuses, or has no such package at all.
			0, regexp.MustCompile(`(?i)\(from versions: none\)`),
			"The package index refuses", refusal,
			problem.Say("Check the index settings: PIP_INDEX_URL, the user and password in it, and pip's configuration files (pip config list)." + again),
		},
		{
			exitNoWheel, regexp.MustCompile(`(?i)no matching distribution|no solution found|is not a supported wheel|the package index has no`),
			"There is no package for this machine", "The package index has nothing that fits the machine's platform and Python.",
			problem.Act(problem.ChooseImage.Of("Ubuntu 22.04 or later")).Say(" on x86_64 or arm64, or check that your index has all packages of PyPI."),
		},
		{
			143, nil,
			"The install was stopped", "It was ended from outside before it finished.",
			problem.Say("Run it again: it repairs what is unfinished."),
		},
	}
})

// ExplainInstall puts a failed install in plain words: exit is the job's exit
// status, tail the last lines of its log. An exit of 0 is nil; otherwise the
// error is an *Error of kind "server".
func ExplainInstall(exit int, tail []string) error {
	if exit == 0 {
		return nil
	}
	tail = cleanLines(tail)
	e := &Error{
		Kind: problem.Server, Title: "The install failed",
		Text: fmt.Sprintf("It ended with exit code %d.", exit),
		Next: problem.Say("Read the last lines of its log, then run it again: it repairs what is unfinished."),
		Raw:  strings.Join(tail[max(0, len(tail)-5):], "\n"),
		Err:  fmt.Errorf("exit %d", exit),
	}
	if last := lastWord(tail); last != "" {
		e.Text += " It last said: " + last
	}
	if f, ok := findFailure(exit, tail); ok {
		e.Title, e.Text, e.Next = f.title, f.text, f.next
		if strings.Contains(f.text, "%s") {
			e.Text = fmt.Sprintf(f.text, indexHost(tail))
		}
	}
	return e
}

// findFailure prefers what the log's end says over the exit code: code 14 and
// "name not known" together are a name that cannot be resolved, code 16 and
// "401" an index that asks for a login.
func findFailure(exit int, tail []string) (installFailure, bool) {
	for _, f := range installFailures() {
		if f.code == exit && f.code != exitNetwork && f.code != exitRefused {
			return f, true
		}
	}
	recent := tail[max(0, len(tail)-40):]
	for _, f := range installFailures() {
		for _, line := range recent {
			if f.texts != nil && f.texts.MatchString(line) {
				return f, true
			}
		}
	}
	for _, f := range installFailures() {
		if f.code == exit {
			return f, true
		}
	}
	return installFailure{}, false
}

// hostPatterns, never changed, are how a host is named in those texts.
var hostPatterns = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`(?i)\bresolv(?:e|ing) (?:host:? ?)?'?([\w-]+(?:\.[\w-]+)+)`),
		regexp.MustCompile(`host='([^']+)'`),
		regexp.MustCompile(`package index ([\w.-]+\.\w+)`),
		regexp.MustCompile(`certificate of ([\w.-]+\.\w+)`),
		regexp.MustCompile(`https?://(?:[^/@\s]*@)?([\w.-]+)`),
	}
})

// indexHost finds the host that the log's last lines complain about.
func indexHost(tail []string) string {
	for i := len(tail) - 1; i >= 0; i-- {
		for _, p := range hostPatterns() {
			if m := p.FindStringSubmatch(tail[i]); m != nil {
				return m[1]
			}
		}
	}
	return "the package index"
}

// lastWord is the last line that says something.
func lastWord(tail []string) string {
	for i := len(tail) - 1; i >= 0; i-- {
		if line := strings.TrimSpace(tail[i]); line != "" && !strings.HasPrefix(line, "$ ") {
			return line
		}
	}
	return ""
}

// cleanLines makes lines safe for a terminal and takes secrets out.
func cleanLines(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = safe.Scrub(safe.Clean(l))
	}
	return out
}
