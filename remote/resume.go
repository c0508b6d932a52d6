package remote

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/sftp"
)

// A file is half done under a name that a later copy of the same file finds
// again. Two copies of it at the same time may write into one such file: they
// write the same bytes to the same places, and nothing of it is ever cut off.
// Whose file has been moved to its place by the other starts over beside it.
const (
	// worthKeeping is the least that a copy continues: less is sent again
	// sooner than it is compared.
	worthKeeping = 1 << 20
	// unsure is how much of the end of a cut upload may be there without all
	// that comes before it: as much as is under way at a time.
	unsure = underWay
	// leftoverAge is after how long nobody is expected to continue a copy.
	leftoverAge = 24 * time.Hour
	// comparePatience is how long a host may take to read what it has.
	comparePatience = 10 * time.Minute
)

// worthContinuing reports whether the first n bytes are kept for a later copy:
// where a person ended this one, or the connection was lost, and not where a
// later one would fail of the same.
func worthContinuing(ctx context.Context, err error, n int64) bool {
	return n >= worthKeeping && (ctx.Err() != nil || reached(err))
}

// halfDoneShape is what the names of half done files look like.
var halfDoneShape = regexp.MustCompile(`^\.jupyter-ec2-[A-Z2-7]{12}$`)

// halfDone names the file that is not complete yet. It is short: the final
// name may be as long as names can be. Another size or time is another file.
func (f file) halfDone() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%d", path.Base(filepath.ToSlash(f.to)), f.size, f.time.UnixNano()))
	return ".jupyter-ec2-" + base32.StdEncoding.EncodeToString(sum[:])[:12]
}

// anyName is such a name that nobody else uses.
func anyName() string { return ".jupyter-ec2-" + rand.Text()[:12] }

// sumScript prints the SHA-256 of the first bytes of a file.
const sumScript = `if command -v sha256sum >/dev/null 2>&1; then sum=sha256sum; else sum='shasum -a 256'; fi
head -c "$JE_BYTES" <"$JE_FILE" | $sum`

// same reports whether the first n bytes here are those of the host's file. A
// host that cannot tell, because it serves nothing but files, has others.
func (t *transfer) same(ctx context.Context, name string, here io.Reader, n int64) bool {
	ctx, cancel := context.WithTimeout(ctx, comparePatience)
	defer cancel()
	full, err := t.sftp.RealPath(name)
	if err != nil {
		return false
	}
	out := &edge{max: 1 << 10, last: true}
	env := map[string]string{"JE_FILE": full, "JE_BYTES": strconv.FormatInt(n, 10)}
	if err := t.c.Run(ctx, Command{Script: sumScript, Env: env, Stdout: out}); err != nil {
		return false
	}
	sum := sha256.New()
	if _, err := io.CopyN(sum, here, n); err != nil || ctx.Err() != nil {
		return false
	}
	for line := range strings.Lines(out.String()) { // a start file of the shell may print too
		if strings.HasPrefix(line, hex.EncodeToString(sum.Sum(nil))) {
			return true
		}
	}
	return false
}

// openThere opens the half done file on the host, beside the file's place, and
// returns how much of it is there already.
func (t *transfer) openThere(ctx context.Context, beside string, in io.ReadSeeker, f file) (*sftp.File, int64, error) {
	out, err := t.sftp.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err == nil || !t.ownThere(beside, f.size) {
		return out, 0, err
	}
	info, err := t.sftp.Lstat(beside)
	if err != nil {
		return nil, 0, err
	}
	have := info.Size() - unsure
	if have < worthKeeping || !t.same(ctx, beside, in, have) {
		have = 0
	}
	if _, err := in.Seek(have, io.SeekStart); err != nil {
		return nil, 0, localError(f.from, err)
	}
	if out, err = t.sftp.OpenFile(beside, os.O_WRONLY); err != nil {
		return nil, 0, err
	}
	if _, err := out.Seek(have, io.SeekStart); err != nil {
		return nil, 0, errors.Join(err, out.Close())
	}
	return out, have, nil
}

// ownThere reports whether a file on the host is one that a copy of ours left,
// and not what another user put there.
func (t *transfer) ownThere(name string, most int64) bool {
	info, err := t.sftp.Lstat(name)
	home, errHome := t.sftp.Stat(".")
	if err != nil || errHome != nil || !info.Mode().IsRegular() || info.Size() > most {
		return false
	}
	its, ok := info.Sys().(*sftp.FileStat)
	mine, okHome := home.Sys().(*sftp.FileStat)
	return ok && okHome && its.UID == mine.UID
}

// openHere is openThere for a file of this computer.
func (t *transfer) openHere(ctx context.Context, root *os.Root, beside string, f file) (*os.File, int64, error) {
	out, err := root.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.modeHere())
	if !errors.Is(err, fs.ErrExist) {
		return out, 0, err
	}
	info, statErr := root.Lstat(beside)
	if statErr != nil || !info.Mode().IsRegular() || !ownFile(info) || info.Size() > f.size {
		return nil, 0, err
	}
	out, errOpen := root.OpenFile(beside, os.O_RDWR, 0)
	if errOpen != nil { // it may be for reading alone, as the host's file is
		return nil, 0, err
	}
	have := info.Size()
	if have < worthKeeping || !t.same(ctx, f.from, out, have) {
		have = 0
	}
	if _, err := out.Seek(have, io.SeekStart); err != nil {
		return nil, 0, errors.Join(err, out.Close())
	}
	return out, have, nil
}

// stale reports whether a file is half done, and has been for too long.
func stale(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && halfDoneShape.MatchString(info.Name()) && time.Since(info.ModTime()) > leftoverAge
}

// tidyThere removes what copies left in a folder of the host, but not what is
// being continued.
func (t *transfer) tidyThere(ctx context.Context, dir string, continued map[string]bool) {
	infos, err := t.sftp.ReadDirContext(ctx, dir)
	if err != nil {
		return // the copy itself tells what is wrong with it
	}
	for _, info := range infos {
		if stale(info) && !continued[info.Name()] {
			_ = t.sftp.Remove(path.Join(dir, info.Name())) // the next copy tries again
		}
	}
}

// tidyMeanwhile tidies the folder of files that a person named, while they are
// copied: a large one takes many round trips to list. What it answers waits for
// the end of it.
func (t *transfer) tidyMeanwhile(ctx context.Context, all tree) (wait func()) {
	if len(all.levels) > 0 || len(all.files) == 0 {
		return func() {} // the folders were tidied when they were found
	}
	continued := make(map[string]bool, len(all.files))
	for _, f := range all.files {
		continued[f.halfDone()] = true
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.tidyThere(ctx, path.Dir(all.files[0].to), continued)
	}()
	return func() { <-done }
}

// tidyHere removes what copies left in a folder of this computer.
func tidyHere(root *os.Root, dir string) {
	entries, err := fs.ReadDir(root.FS(), filepath.ToSlash(dir))
	if err != nil {
		return
	}
	for _, e := range entries {
		if !halfDoneShape.MatchString(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil && stale(info) && ownFile(info) {
			_ = root.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
