package page

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// TaskSave is the task that saves a file.
const TaskSave TaskName = "save"

// FileSaved says that a plan or a log was written to Path.
type FileSaved struct {
	ID   TaskID
	What string
	Path string
	Err  error
}

// Save writes a new file in the folder for plans and logs; what says what it
// is. A [FileSaved] follows.
func (c *Context) Save(what, name, ext string, write func(*os.File) error) tea.Cmd {
	dir := c.SaveDir
	return c.Start(TaskSave, func(_ context.Context, id TaskID) tea.Msg {
		path, err := writeNew(dir, strings.ReplaceAll(name, "/", "-"), ext, write)
		return FileSaved{id, what, path, err}
	})
}

// SaveLog saves a log's text as it is now.
func (c *Context) SaveLog(name, text string) tea.Cmd {
	return c.Save("log", name, ".log", func(f *os.File) error {
		_, err := f.WriteString(text)
		return err
	})
}

// writeNew writes a new file only its owner can read. A file of that name is
// never overwritten: the next number is taken.
func writeNew(dir, name, ext string, write func(*os.File) error) (string, error) {
	for n := 1; ; n++ {
		path := filepath.Join(dir, name+ext)
		if n > 1 {
			path = filepath.Join(dir, fmt.Sprintf("%s-%d%s", name, n, ext))
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) && n < 1000 {
			continue
		}
		if err != nil {
			return "", err
		}
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		return path, errors.Join(write(f), f.Close())
	}
}
