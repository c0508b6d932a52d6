package problem

// Verb is a thing that the program itself offers to do about a problem.
type Verb string

// The verbs. Each front end words every one of them; a test in each goes
// through Verbs.
const (
	Retry Verb = "retry" // ask for the same thing again

	// About one machine, the one of Action.Name.
	Continue      Verb = "continue"       // have the guide's work continue, or be done again
	Launch        Verb = "launch"         // launch its machine
	Start         Verb = "start"          // start its stopped machine
	Stop          Verb = "stop"           // stop its machine
	Remove        Verb = "remove"         // terminate its machine, and remove what was made for it
	Open          Verb = "open"           // prove and show its URL
	RestartServer Verb = "restart-server" // start its server again
	Resize        Verb = "resize"         // give its machine another type
	ChangeMode    Verb = "change-mode"    // reach it otherwise: Action.What is the mode
	OwnKernels    Verb = "own-kernels"    // have its notebook use its own kernels again
	Doctor        Verb = "doctor"         // check it
	Fix           Verb = "fix"            // have the doctor do what its check offers
	BringProject  Verb = "bring-project"  // keep a folder of this computer alike with one of its machine
	LeaveProject  Verb = "leave-project"  // do without a project
	Sync          Verb = "sync"           // make its project's two folders alike
	SyncDeletions Verb = "sync-deletions" // likewise, where most of a side is gone
	ResumeSync    Verb = "resume-sync"    // do so again, after a pause
	Discard       Verb = "discard"        // remove it, with what was not brought back
	CopyFiles     Verb = "copy-files"     // copy files from it
	BringPackages Verb = "bring-packages" // bring its project's packages: Action.What, or what the project asks for
	// WithoutPackages brings those that are not Action.What.
	WithoutPackages Verb = "without-packages"

	// About all machines.
	List  Verb = "list"  // list the machines
	Adopt Verb = "adopt" // take over a machine that was made elsewhere
	Sweep Verb = "sweep" // look for leftovers

	// About the answers. Action.What says which one: "a smaller type".
	ChooseProfile Verb = "choose-profile"
	ChooseRegion  Verb = "choose-region"
	ChooseType    Verb = "choose-type"
	ChooseDisk    Verb = "choose-disk"
	ChooseKey     Verb = "choose-key"
	ChooseMode    Verb = "choose-mode"
	ChooseName    Verb = "choose-name"
	ChooseImage   Verb = "choose-image"
	ChooseSubnet  Verb = "choose-subnet"
	LeaveSubnet   Verb = "leave-subnet" // do without a named one, in the default network
	ChooseUV      Verb = "choose-uv"    // the installer that needs no apt
	SavePlan      Verb = "save-plan"
	LeavePlan     Verb = "leave-plan" // do without a plan

	// About the program's surroundings.
	SignIn      Verb = "sign-in"      // with AWS's own tool: Action.Command
	UseSandbox  Verb = "use-sandbox"  // try the guide without an account
	UseAWS      Verb = "use-aws"      // leave the sandbox
	StopSandbox Verb = "stop-sandbox" // end the sandbox's process
	RunSandbox  Verb = "run-sandbox"  // run it where its messages can be read
	CopyFolder  Verb = "copy-folder"  // copy a folder with everything in it
	ReportBug   Verb = "report-bug"   // report it, with the debug log
)

// Verbs lists them all.
func Verbs() []Verb {
	return []Verb{
		Retry,
		Continue, Launch, Start, Stop, Remove, Open, RestartServer, Resize, ChangeMode, OwnKernels, Doctor, Fix, BringProject, LeaveProject, Sync, SyncDeletions, ResumeSync, Discard, CopyFiles, BringPackages, WithoutPackages,
		List, Adopt, Sweep,
		ChooseProfile, ChooseRegion, ChooseType, ChooseDisk, ChooseKey, ChooseMode, ChooseName, ChooseImage, ChooseSubnet, LeaveSubnet, ChooseUV, SavePlan, LeavePlan,
		SignIn, UseSandbox, UseAWS, StopSandbox, RunSandbox, CopyFolder, ReportBug,
	}
}

// Of is the verb's action about this one: ChooseType.Of("a smaller type").
func (v Verb) Of(what string) Action { return Action{Verb: v, What: what} }

// Action is a verb with what it is about.
type Action struct {
	Verb    Verb
	Name    string // the machine's, or empty where only the front end knows it
	Sandbox bool   // the machine is one of the sandbox's
	What    string // which one, or what of it, as its verb says; or empty
	Command string // for another program's: what a person types
}
