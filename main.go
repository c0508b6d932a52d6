// Command jupyter-ec2 takes a person from an AWS account to a Jupyter URL on
// EC2.
package main

import (
	"os"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cli"
)

func main() { os.Exit(cli.Main()) }
