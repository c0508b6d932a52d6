package project

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// says is a host's part that has said these lines, and reads what it is asked.
func says(ctx context.Context, lines string) *there {
	t := &there{tree: Tree{}, lines: bufio.NewReader(strings.NewReader(lines))}
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
	if scan, err := says(t.Context(), item("a/b", "file", hash, "")+done).look(newRules(false)); err != nil || len(scan.Tree) != 1 {
		t.Fatalf("a good one: %+v, %v", scan, err)
	}
	for _, said := range []string{
		item("../x", "file", hash, ""), item("/x", "file", hash, ""), item("", "file", hash, ""), item(".", "folder", "", ""), item("a//b", "file", hash, ""), item("a\x00b", "file", hash, ""),
		item("x", "file", "../../x", ""), item("x", "file", "", ""), item("x", "device", hash, ""),
		item("x", "link", "", "/etc/passwd"), item("x", "link", "", "../x"), item("a/x", "link", "", "../../x"), item("x", "link", "", ""), item("x", "folder", hash, ""),
		`{"p":"x","i":["file",420]}` + "\n", `{"p":"x"}` + "\n", "no JSON\n", "[]\n", strings.Repeat("x", maxLine+1<<17) + "\n",
	} {
		if _, err := says(t.Context(), said+done).look(newRules(false)); !errors.Is(err, errWords) {
			t.Errorf("%.60q: %v", said, err)
		}
	}
	var host *hostError
	if _, err := says(t.Context(), `{"error":"\u001b[2JNo such file","code":2}`+"\n").look(newRules(false)); !errors.As(err, &host) || strings.Contains(err.Error(), "\x1b") {
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

func FuzzHost(f *testing.F) {
	f.Add(`{"p":"a","i":["file",420,3,5,"` + hash + `","",false]}` + "\n" + `{"gone":["b"],"unknown":{"c":"kind"},"done":true}` + "\n")
	f.Add(`{"n":0,"changed":true}` + "\n" + `{"done":true}`)
	f.Fuzz(func(t *testing.T, said string) {
		if scan, err := says(t.Context(), said).look(newRules(false)); err == nil {
			for p, i := range scan.Tree {
				if !goodPath(p) || i.Kind == Link && !inside(p, i.Target) || i.Mode&^0o777 != 0 {
					t.Errorf("%q: %+v", p, i)
				}
			}
		}
		_, _ = says(t.Context(), said).apply([]Op{{Do: Delete, Path: "a"}}, staged)
	})
}
