package stepstest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// EchoShell says in which size it runs and repeats lines until "exit".
func EchoShell(_ context.Context, t steps.Terminal) error {
	if _, err := fmt.Fprintf(t.Out, "shell of %dx%d on %s\r\n$ ", t.Width, t.Height, t.Term); err != nil {
		return err
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		in := bufio.NewReader(t.In)
		for {
			line, err := in.ReadString('\r')
			if err != nil {
				return
			}
			lines <- strings.TrimSuffix(line, "\r")
			if line == "exit\r" {
				// As a real client: it reads on until it is told to stop.
				_, _ = in.ReadByte()
				return
			}
		}
	}()
	for {
		select {
		case size := <-t.Resized:
			_, _ = fmt.Fprintf(t.Out, "now %dx%d\r\n", size[0], size[1])
		case line := <-lines:
			switch line {
			case "exit":
				return nil
			case "fail":
				return errors.New("the connection was lost")
			}
			_, _ = fmt.Fprintf(t.Out, "you said %q\r\n$ ", line)
		}
	}
}
