package machines

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

const taskPaths page.TaskName = page.Quiet + "paths"

// completion is what a path that is being typed may become.
type completion struct {
	names []string // what fits, more than one
	none  bool     // nothing does
}

// splitPath is the folder that a path is in, as it is typed, and the name in it.
func splitPath(path string, here bool) (folder, name string) {
	separators := "/"
	if here && runtime.GOOS == "windows" {
		separators = `/\`
	}
	at := strings.LastIndexAny(path, separators) + 1
	return path[:at], path[at:]
}

// completed is a path made as long as the names in its folder leave no choice,
// and what it may become. Hidden names are offered to who has typed a dot.
func completed(path string, names []string, here bool) (string, completion) {
	folder, begun := splitPath(path, here)
	var fit []string
	for _, n := range names {
		if strings.HasPrefix(n, begun) && (strings.HasPrefix(begun, ".") || !strings.HasPrefix(n, ".")) {
			fit = append(fit, n)
		}
	}
	if len(fit) == 0 {
		return path, completion{none: true}
	}
	common := fit[0]
	for _, n := range fit[1:] {
		for !strings.HasPrefix(n, common) {
			_, size := utf8.DecodeLastRuneInString(common)
			common = common[:len(common)-size]
		}
	}
	if len(fit) == 1 {
		return folder + common, completion{}
	}
	return folder + common, completion{names: fit}
}

// namesHere are the names in a folder of this computer; a folder's ends in "/".
// A relative one begins in dir.
func namesHere(dir, folder string) ([]string, error) {
	folder = page.FromHome(folder)
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(dir, folder)
	}
	if folder == "" {
		folder = "."
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		if info, err := os.Stat(filepath.Join(folder, name)); err == nil && info.IsDir() { // of a link, too
			name += "/"
		}
		if page.Clean(name) == name {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// complete looks for what the path in the field with the keys may become.
func (d *copyDialog) complete() tea.Cmd {
	path, at := d.field[d.at].Raw(), d.at
	here := d.up == (at == 0)
	folder, _ := splitPath(path, here)
	link, dir := d.link, ""
	if !d.up {
		dir = d.SaveDir
	}
	return d.Start(taskPaths, func(ctx context.Context, id page.TaskID) tea.Msg {
		found := pathsFound{id: id, dialog: d, at: at, path: path, here: here}
		switch {
		case here:
			found.names, found.err = namesHere(dir, folder)
		case link != nil:
			found.names, found.err = link.List(ctx, folder)
		}
		return found
	})
}

// Update implements [page.Updater]: it takes the names in a path's folder,
// unless the person has typed more meanwhile.
func (d *copyDialog) Update(msg tea.Msg) tea.Cmd {
	found, ok := msg.(pathsFound)
	if !ok || found.dialog != d || !d.Tasks.Done(taskPaths, found.id) || d.field[found.at].Raw() != found.path {
		return nil
	}
	path, c := completed(found.path, found.names, found.here)
	d.fits = c
	d.field[found.at].Set(path)
	return nil
}
