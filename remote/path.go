package remote

// ownPath puts the folders of the home at the end of the PATH and leaves out
// those that depend on where one is: our scripts mean the machine's own grep
// and python3, whatever a person has in ~/bin.
const ownPath = `first= late=
IFS=:
set -f
for dir in ${PATH:-}; do
	case $dir in
	"$HOME" | "$HOME"/*) late=$late:$dir ;;
	/*) first=$first:$dir ;;
	esac
done
set +f
unset IFS
first=${first#:}
PATH=${first:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}$late
export PATH
unset first late dir
`

// personPath puts the folder of the machine's Jupyter where the lines that an
// install adds to ~/.profile put it for a login, which a command is not: before
// the system's programs, and after what the person's own files put before them.
const personPath = `if [ -d "$HOME/.jupyter-ec2/venv/bin" ]; then
	PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
	case ":$PATH:" in
	*":$HOME/.jupyter-ec2/venv/bin:"*) ;;
	*)
		je_own='' je_rest=$PATH
		while case $je_rest in "$HOME"/*:*) true ;; *) false ;; esac; do
			je_own=$je_own${je_rest%%:*}: je_rest=${je_rest#*:}
		done
		PATH=$je_own$HOME/.jupyter-ec2/venv/bin:$je_rest
		unset je_own je_rest
		;;
	esac
	export PATH
fi
`
