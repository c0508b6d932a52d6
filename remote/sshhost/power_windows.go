package sshhost

import (
	"errors"
	"os"
)

func makePipe(string, identity) (*os.File, error) { return nil, errors.New("not on Windows") }
