//go:build unix

package project

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// deed is one operation on a side, and what happens between its last look at the
// path and its deed.
type deed struct {
	dir       string
	op        Op
	content   string // of the file that is put
	meanwhile string // a script
	said      string // the error that is due
	plain     string // what the file system cannot do: "exchange", "link" neither, nor "place" anything new
}

const stagedName = "in-staged"

func run(t testing.TB, dir, script string) {
	t.Helper()
	cmd := exec.Command("sh", "-ec", script)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", script, err, out)
	}
}

// here does it on this computer's side, and reports whether it was not done.
func (d deed) here(t testing.TB) bool {
	t.Helper()
	h, err := openHere(d.dir, nothing())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	}()
	h.plain = d.plain != ""
	scan, err := h.look(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	d.op.Was = scan.Tree[d.op.Path]
	was, err := h.check(t.Context(), d.op)
	if err != nil {
		t.Fatal(err)
	}
	run(t, d.dir, d.meanwhile)
	if d.op.Do == PutFile {
		staged := path.Join(stage, stagedName)
		write(t, filepath.Join(d.dir, staged), d.content)
		err = h.bring(staged, d.op.Path, was)
	} else {
		_, err = h.do(t.Context(), d.op, "", was)
	}
	h.settle()
	return d.failed(t, meanwhile(err))
}

// failed reports whether it was not done, for a good reason: that it was changed,
// that a folder is not empty, or the one that is due.
func (d deed) failed(t testing.TB, err error) bool {
	t.Helper()
	if err != nil && !errors.Is(err, errChanged) && d.op.Item.Kind != Folder && err.Error() != d.said {
		t.Errorf("%+v: %v", d, err)
	}
	return err != nil
}

// deeds has the host's part do some.
const deeds = `
import subprocess

RENAMES, LINKS, MOVES, MUST_BE = RENAME, os.link, os.rename, Side.must_be

def cannot(*_, **__):
    raise PermissionError(1, "Operation not permitted")

def full(a, b):
    if "/in-" in a and not b.startswith(STAGE):
        raise OSError(28, "No space left on device")
    MOVES(a, b)

def do(root, op, content, meanwhile, plain):
    global RENAME
    RENAME = (lambda *_: -1) if plain else RENAMES
    os.link = cannot if plain in ("link", "place") else LINKS
    os.rename = full if plain == "place" else MOVES
    side = Side()
    side.open(root, False, "x" * 26)
    side.scan({})
    op["was"] = side.items.get(op["p"])
    def must_be(path, op):
        info = MUST_BE(side, path, op)
        subprocess.run(["sh", "-ec", meanwhile], check=True)
        return info
    side.must_be = must_be
    if op.get("staged"):
        with open(STAGE + "/" + op["staged"], "w") as f:
            f.write(content)
    print("deed")
    side.apply([op])
    side.settle()

for one in json.loads(sys.argv[1]):
    do(**one)
`

// onThere does them on the host's side, and returns which were not done.
func onThere(t testing.TB, all ...deed) []bool {
	t.Helper()
	var given []map[string]any
	for _, d := range all {
		op := wireOp{Do: d.op.Do.verb(), Path: d.op.Path, Item: wire(d.op.Item), Aside: d.op.Aside}
		if d.op.Do == PutFile {
			sum := sha256.Sum256([]byte(d.content))
			op.Item.Hash, op.Staged = hex.EncodeToString(sum[:]), stagedName
		}
		given = append(given, map[string]any{"root": d.dir, "op": op, "content": d.content, "meanwhile": d.meanwhile, "plain": d.plain})
	}
	arg, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-I", "-S", "-X", "utf8", "-c", lookScript+actScript+deeds, string(arg))
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	said := bytes.Split(out, []byte("deed\n"))[1:]
	if err != nil || len(said) != len(all) {
		t.Fatalf("%v: %s", err, errs.String())
	}
	failed := make([]bool, len(all))
	for n, d := range all {
		var answer struct {
			Changed bool
			Error   string
		}
		if err := json.Unmarshal(bytes.SplitN(said[n], []byte("\n"), 2)[0], &answer); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		switch {
		case answer.Changed:
			failed[n] = true
		case answer.Error != "":
			failed[n] = d.failed(t, errors.New(answer.Error))
		}
	}
	return failed
}

// onBoth does each on both sides, in folders of their own that make prepares, and
// has the folder checked.
func onBoth(t *testing.T, all []deed, prepare func(dir string), check func(t *testing.T, d deed, failed bool)) {
	t.Helper()
	there := slices.Clone(all)
	for n := range there {
		there[n].dir = t.TempDir()
		prepare(there[n].dir)
	}
	for n, failed := range onThere(t, there...) {
		t.Run(there[n].String()+" there", func(t *testing.T) { check(t, there[n], failed) })
	}
	for _, d := range all {
		if d.plain == "link" || d.op.Do == PutFile && d.op.Aside != "" {
			continue // this side cannot be told to, and moves none aside for a file that comes
		}
		d.dir = t.TempDir()
		prepare(d.dir)
		t.Run(d.String()+" here", func(t *testing.T) { check(t, d, d.here(t)) })
	}
}

func (d deed) String() string {
	return strings.Join(strings.Fields(fmt.Sprint(d.op.Do.verb(), d.op.Aside, " ", d.meanwhile, " ", d.plain)), " ")
}

// Whatever comes between the last look at a path and the deed stays, whatever
// the file system can do.
func TestChangedAtTheLastMoment(t *testing.T) {
	t.Parallel()
	happens := map[string]string{ // and what is kept of it
		":":                               "",
		"printf ' and more' >>f.txt":      "=0 and more",
		"printf other >new; mv new f.txt": "=other",
		"ln -s else new; mv new f.txt":    "to else",
		"rm f.txt; mkdir f.txt; printf in >f.txt/x": "folder",
		"rm f.txt": "",
	}
	is := map[Do]string{PutFile: "=new", PutLink: "to other"}
	var all []deed
	for _, op := range []Op{
		{Do: PutFile, Item: Item{Kind: File, Mode: 0o644}},
		{Do: PutFile, Item: Item{Kind: File, Mode: 0o644}, Aside: "f.aside.txt"},
		{Do: PutLink, Item: Item{Kind: Link, Target: "other"}},
		{Do: Delete},
		{Do: MoveAside, Aside: "f.aside.txt"},
	} {
		for script := range happens {
			for _, plain := range []string{"", "exchange", "link"} {
				op.Path = "f.txt"
				all = append(all, deed{op: op, content: "new", meanwhile: script, plain: plain})
			}
		}
	}
	prepare := func(dir string) { write(t, filepath.Join(dir, "f.txt"), "0") }
	onBoth(t, all, prepare, func(t *testing.T, d deed, failed bool) {
		gone := d.meanwhile == "rm f.txt"
		if failed != gone {
			t.Errorf("it was not done: %v", failed)
		}
		want := map[string]string{"f.txt": is[d.op.Do]}
		kept := "f.conflict-1.txt"
		switch {
		case d.op.Aside != "":
			kept = d.op.Aside
			want[kept] = "=0"
		case d.op.Do == Delete:
			kept = "f.txt"
		}
		if it := happens[d.meanwhile]; it != "" {
			want[kept] = it
		}
		if want[kept] == "folder" {
			want[kept+"/x"] = "=in"
		}
		if gone {
			clear(want)
		}
		maps.DeleteFunc(want, func(_, is string) bool { return is == "" })
		if diff := cmp.Diff(want, contents(t, d.dir)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if left := inStage(t, d.dir); len(left) > 0 && !gone {
			t.Errorf("in the stage: %q", left)
		}
	})
}

// What takes the place of an empty folder that is removed is not removed.
func TestRemovesFoldersAlone(t *testing.T) {
	t.Parallel()
	var all []deed
	for _, script := range []string{"rmdir f; printf new >f", "rmdir f; ln -s x f", "printf x >f/x"} {
		all = append(all, deed{op: Op{Do: Delete, Path: "f", Item: Item{Kind: Folder}}, meanwhile: script})
	}
	prepare := func(dir string) { mkdir(t, filepath.Join(dir, "f")) }
	onBoth(t, all, prepare, func(t *testing.T, d deed, failed bool) {
		if !failed {
			t.Error("it was removed")
		}
		like := t.TempDir()
		prepare(like)
		run(t, like, d.meanwhile)
		if diff := cmp.Diff(contents(t, like), contents(t, d.dir)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// What is put where nothing was leaves what came there meanwhile, and no half.
func TestTakenAtTheLastMoment(t *testing.T) {
	t.Parallel()
	var all []deed
	for _, op := range []Op{
		{Do: PutFile, Path: "f", Item: Item{Kind: File, Mode: 0o644}},
		{Do: PutLink, Path: "f", Item: Item{Kind: Link, Target: "x"}},
		{Do: MakeFolder, Path: "f", Item: Item{Kind: Folder, Mode: 0o755}},
	} {
		for _, plain := range []string{"", "exchange", "link"} {
			all = append(all, deed{op: op, content: "new", meanwhile: "printf theirs >f", plain: plain})
		}
	}
	onBoth(t, all, func(string) {}, func(t *testing.T, d deed, failed bool) {
		if !failed {
			t.Error("it was done")
		}
		if diff := cmp.Diff(map[string]string{"f": "=theirs"}, contents(t, d.dir)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		for _, left := range inStage(t, d.dir) {
			if left != stagedName {
				t.Errorf("in the stage: %s", left)
			}
		}
	})
}

// Where the new file cannot be put in its place, the old one is there again.
func TestNoRoomForTheNew(t *testing.T) {
	t.Parallel()
	d := deed{dir: t.TempDir(), op: Op{Do: PutFile, Path: "f", Item: Item{Kind: File, Mode: 0o644}}, content: "new", meanwhile: ":", plain: "place"}
	write(t, filepath.Join(d.dir, "f"), "0")
	d.said = "No space left on device"
	if failed := onThere(t, d); !failed[0] {
		t.Error("it was done")
	}
	if diff := cmp.Diff(map[string]string{"f": "=0"}, contents(t, d.dir)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{stagedName}, inStage(t, d.dir)); diff != "" {
		t.Errorf("in the stage, for the next time:\n%s", diff)
	}
}

// What a kill leaves in the stage: a half goes, what was replaced goes, and what
// was written to, or came in between, is given its name again.
func TestWhatAKillLeaves(t *testing.T) {
	t.Parallel()
	for _, side := range []string{"here", "there"} {
		t.Run(side, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			mkdir(t, filepath.Join(dir, stage))
			leave := func(content string, k func(identity) kept) {
				made := filepath.Join(dir, stage, "made")
				write(t, made, content)
				info, err := os.Lstat(made)
				if err == nil {
					err = os.Rename(made, filepath.Join(dir, k(identify(info)).name()))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			leave("half", func(id identity) kept { return kept{identity{Inode: 1, Size: 2, Time: 3}, id.Inode, "half"} })
			leave("old", func(id identity) kept { return kept{id.lasting(), 1, "old"} })
			leave("written", func(id identity) kept { return kept{identity{id.Inode, 1, id.Time, 0}, 1, "100%/written"} })
			leave("other", func(id identity) kept { return kept{identity{Inode: 1, Size: id.Size, Time: -id.Time}, 2, "other"} })
			write(t, filepath.Join(dir, "other"), "put")
			write(t, filepath.Join(dir, stage, oldName+"strange"), "strange")
			if side == "here" {
				h, err := openHere(dir, nothing())
				if err != nil {
					t.Fatal(err)
				}
				if err := h.close(); err != nil {
					t.Fatal(err)
				}
			} else {
				onThere(t, deed{dir: dir, op: Op{Do: MakeFolder, Path: "new", Item: Item{Kind: Folder}}, meanwhile: ":"})
				remove(t, filepath.Join(dir, "new"))
			}
			want := map[string]string{"100%": "folder", "100%/written": "=written", "other": "=put", "other.conflict-1": "=other"}
			if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff([]string{oldName + "strange"}, inStage(t, dir)); diff != "" {
				t.Errorf("in the stage: %s", diff)
			}
			if _, err := os.Lstat(filepath.Join(dir, hides)); errors.Is(err, fs.ErrNotExist) {
				t.Error("git sees what is left in the stage")
			}
		})
	}
}

// A name in the stage tells what it was made of, however long the path.
func FuzzKept(f *testing.F) {
	f.Add(uint64(1), int64(2), int64(-3), uint64(1<<63), "a/b%2Fc.txt")
	f.Add(uint64(0), int64(0), int64(0), uint64(0), "x")
	f.Fuzz(func(t *testing.T, ino uint64, size, time int64, half uint64, p string) {
		if !goodPath(p) {
			return
		}
		k := kept{identity{Inode: ino, Size: size, Time: time}, half, p}
		name := k.name()
		got, err := readKept(name)
		if err != nil || got.was != k.was || got.half != k.half || len(path.Base(name)) > maxName || path.Dir(name) != stage {
			t.Fatalf("%+v is %s, which is %+v, %v", k, name, got, err)
		}
		if len(p) < 50 && got.path != p {
			t.Errorf("%q became %q", p, got.path)
		}
	})
}
