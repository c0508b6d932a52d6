package project

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// says is a host's part that has said these lines, and reads what it is asked.
func says(ctx context.Context, lines string) *there {
	t := &there{part: &part{lines: bufio.NewReaderSize(strings.NewReader(lines), maxLine)}, said: Tree{}, tree: Tree{}, modes: true}
	t.ctx, t.end = context.WithCancelCause(ctx)
	asked, in := io.Pipe()
	go func() { _, _ = io.Copy(io.Discard, asked) }()
	t.in = in
	return t
}

const hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// What a hostile host says leads nowhere else.
func TestHostileHost(t *testing.T) {
	item := func(p, kind, hash, target string) string {
		return fmt.Sprintf(`{"p":%q,"i":[%q,420,0,0,%q,%q,false]}`+"\n", p, kind, hash, target)
	}
	const done = `{"done":true}` + "\n"
	if scan, err := says(t.Context(), item("a/b", "file", hash, "")+done).look(newRules(false), nil); err != nil || len(scan.Tree) != 1 {
		t.Fatalf("a good one: %+v, %v", scan, err)
	}
	for _, said := range []string{
		item("../x", "file", hash, ""), item("/x", "file", hash, ""), item("", "file", hash, ""), item(".", "folder", "", ""), item("a//b", "file", hash, ""), item("a\x00b", "file", hash, ""),
		item("x", "file", "../../x", ""), item("x", "file", "", ""), item("x", "device", hash, ""),
		item("x", "link", "", "/etc/passwd"), item("x", "link", "", "../x"), item("a/x", "link", "", "../../x"), item("x", "link", "", ""), item("x", "folder", hash, ""),
		item("x", "link", "", "a/../.."), item("a/x", "link", "", "b/../../y"), item("x", "link", "", "a\x00"), item("x", "link", "", strings.Repeat("a", maxPath+1)),
		item(strings.Repeat("a", maxPath+1), "file", hash, ""), item(strings.Repeat("a/", maxDepth)+"a", "file", hash, ""),
		item("x", "unknown", "", "because"), item("x", "unknown", hash, "closed"), `{"p":"../x","gone":true}` + "\n",
		`{"p":"x","i":["file",420]}` + "\n", `{"p":"x"}` + "\n", "no JSON\n", "[]\n", strings.Repeat("x", maxLine+1<<17) + "\n",
	} {
		if _, err := says(t.Context(), said+done).look(newRules(false), nil); !errors.Is(err, errWords) {
			t.Errorf("%.60q: %v", said, err)
		}
	}
	var host *hostError
	if _, err := says(t.Context(), `{"error":"\u001b[2JNo such file","code":2}`+"\n").look(newRules(false), nil); !errors.As(err, &host) || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("what the system says: %q", err)
	}
}

// A host without python3, one whose login prints, and one that ends at once.
func TestHostsThatDoNotBegin(t *testing.T) {
	for what, script := range map[string]string{"prints": `echo welcome; cat`, "ends": `exit 0`, "fails": `exit 127`} {
		t.Run(what, func(t *testing.T) {
			h := &scripted{local{home: t.TempDir()}, script}
			if p, err := openThere(t.Context(), h, "proj"); err == nil {
				p.close()
				t.Error("it began")
			}
		})
	}
}

// scripted is a host that runs another script than it is told.
type scripted struct {
	local
	script string
}

func (s *scripted) Run(ctx context.Context, cmd remote.Command) error {
	cmd.Script = s.script
	return s.local.Run(ctx, cmd)
}

// Nothing comes from a host that is left out here, not even where the rules of the
// host's folder say so, and nothing that is the same name on this computer.
func TestHostSaysWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	for _, p := range []string{
		"kept", "a", ".git", ".git/hooks/post-checkout", "a/.git", "sub/.hg/hgrc", "sub/venv/bin/python", ".jupyter-ec2-sync/old-1", "a/x.swp",
		".GIT/config", ".g\u200cit/config", ".JUPYTER-EC2-sync/old-1", ".jupyter-ec2-\u017fync/old-1", "v\u200denv/bin/python", ".jupyter-ec2-ignore",
	} {
		kind, sum := "file", hash
		if p == "a" {
			kind, sum = "folder", ""
		}
		fmt.Fprintf(&said, `{"p":%q,"i":[%q,420,0,0,%q,"",false]}`+"\n", p, kind, sum)
	}
	said.WriteString(`{"done":true}` + "\n")
	rules := newRules(true)
	rules.Add("", "!.git\n!.git/\n")
	h := says(t.Context(), said.String())
	scan, err := h.look(rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := paths(scan.Tree, h.tree), []string{".jupyter-ec2-ignore", "a", "kept"}; !slices.Equal(got, want) {
		t.Errorf("it has %q, want %q", got, want)
	}
	if !scan.Tree["a"].Holds {
		t.Error("a folder with something that is left out is removed")
	}
}

// After an answer that cannot be understood its rest is not taken for the next one.
func TestHostIsNotAskedAfterNonsense(t *testing.T) {
	t.Parallel()
	h := says(t.Context(), `{"p":"a","i":["file",420,0,99999999999999999999,"`+hash+`","",false]}`+"\n"+`{"done":true}`+"\n"+`{"done":true}`+"\n")
	for range 2 {
		if _, err := h.look(newRules(false), nil); !errors.Is(err, errWords) {
			t.Errorf("%v", err)
		}
	}
	if _, err := h.apply(nil, staged); !errors.Is(err, errWords) {
		t.Errorf("what is done there: %v", err)
	}
}

// What a host says has an end.
func TestHostSaysTooMuch(t *testing.T) {
	t.Parallel()
	h := says(t.Context(), "")
	h.lines, h.bytes = bufio.NewReaderSize(&endless{}, maxLine), maxBulk-1<<20 // so much was said before
	if _, err := h.look(newRules(false), nil); !errors.Is(err, errWords) {
		t.Errorf("%v", err)
	}
	if h.bytes > maxBulk+2*maxPath {
		t.Errorf("it has said %d bytes", h.bytes)
	}
}

// endless says what never ends: ever more links.
type endless struct {
	n    int
	left []byte
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.left) == 0 {
		e.n++
		e.left = fmt.Appendf(nil, `{"p":"%d/%s","i":["link",0,0,0,"","%s",false]}`+"\n", e.n, strings.Repeat("x", 4000), strings.Repeat("y", 4000))
	}
	n := copy(p, e.left)
	e.left = e.left[n:]
	return n, nil
}

func FuzzHost(f *testing.F) {
	f.Add(`{"p":"a","i":["file",420,3,5,"` + hash + `","",false]}` + "\n" + `{"p":"b","gone":true}` + "\n" + `{"p":"c","i":["unknown",0,0,0,"","kind",false]}` + "\n" + `{"done":true}` + "\n")
	f.Add(`{"p":".git/config","i":["file",420,3,5,"` + hash + `","",false]}` + "\n" + `{"p":"a/l","i":["link",0,0,0,"","x/../../..",false]}` + "\n" + `{"done":true}` + "\n")
	f.Add(`{"n":0,"changed":true}` + "\n" + `{"done":true}` + "\n")
	f.Fuzz(func(t *testing.T, said string) {
		h, rules := says(t.Context(), said), newRules(len(said)%2 == 0)
		for range 2 {
			scan, err := h.look(rules, nil)
			if err != nil {
				break
			}
			for p, i := range scan.Tree {
				if !goodPath(p) || i.Kind == Link && !inside(p, i.Target) || i.Mode&^0o777 != 0 || i.Kind == unknown || rules.SkipsAll(p, i.Kind == Folder) {
					t.Errorf("%q: %+v", p, i)
				}
			}
			for p, why := range scan.Unknown {
				if !goodPath(p) || !slices.Contains(reasons(), why) {
					t.Errorf("%q is not known: %q", p, why)
				}
			}
		}
		_, _ = h.apply([]Op{{Do: Delete, Path: "a"}}, staged)
		_, _ = says(t.Context(), said).apply([]Op{{Do: Delete, Path: "a"}}, staged)
	})
}
