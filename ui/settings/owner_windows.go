package settings

import (
	"io/fs"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
)

// foreign says why a file may be somebody else's, or is empty. Who else may write
// to it is not asked: on a second disk that is everybody who has logged in, by the
// list that Windows gives it.
func foreign(path string, info fs.FileInfo) string {
	access, err := private.Of(path, info)
	switch {
	case err != nil:
		return err.Error()
	case access.Owner != "":
		return "it belongs to another user, " + access.Owner
	}
	return ""
}
