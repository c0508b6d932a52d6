package ec2sim

import (
	"encoding/base64"
	"slices"
)

// instancesIn names instances to start, stop, reboot or terminate.
type instancesIn struct{ InstanceId []string }

// stopIn has Force and SkipOsShutdown too, which make no difference here.
type stopIn struct {
	InstanceId            []string
	Force, SkipOsShutdown bool
}

type stateChange struct {
	ID       string    `xml:"instanceId"`
	Current  stateInfo `xml:"currentState"`
	Previous stateInfo `xml:"previousState"`
}

type stateChanges struct {
	Instances []stateChange `xml:"instancesSet>item"`
}

// change checks all instances first and then changes those that are not yet
// as asked: one that cannot be changed fails the request as a whole.
func (c *call) change(ids []string, check func(*instance) error, act func(*instance) error) (*stateChanges, error) {
	if len(ids) == 0 {
		return nil, refuse("MissingParameter", "The request must contain the parameter InstanceId")
	}
	found, err := c.visible(ids)
	if err != nil {
		return nil, err
	}
	for _, i := range found {
		if err := check(i); err != nil {
			return nil, err
		}
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	out := &stateChanges{}
	for _, i := range found {
		before := stateInfo{stateCode(i.State), i.State}
		if err := act(i); err != nil {
			return nil, err
		}
		out.Instances = append(out.Instances, stateChange{i.ID, stateInfo{stateCode(i.State), i.State}, before})
	}
	return out, nil
}

// only refuses instances in other states.
func only(verb string, states ...string) func(*instance) error {
	return func(i *instance) error {
		if slices.Contains(states, i.State) {
			return nil
		}
		return refuse("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be %s.", i.ID, verb)
	}
}

func startInstances(c *call, in *instancesIn) (*stateChanges, error) {
	check := func(i *instance) error {
		if err := only("started", stateStopped, stateRunning, statePending)(i); err != nil || i.State != stateStopped {
			return err
		}
		kind, _ := typeNamed(i.Type)
		return checkQuota(c, &launch{kind: kind, least: 1})
	}
	return c.change(in.InstanceId, check, func(i *instance) error {
		if i.State != stateStopped {
			return nil
		}
		return c.cloud.start(i, c.now)
	})
}

func stopInstances(c *call, in *stopIn) (*stateChanges, error) {
	check := func(i *instance) error {
		if i.NoStop {
			return refuse("OperationNotPermitted", "The instance '%s' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.", i.ID)
		}
		return only("stopped", stateRunning, stateStopping, stateStopped)(i)
	}
	return c.change(in.InstanceId, check, func(i *instance) error {
		if i.State == stateRunning {
			c.cloud.stop(i, c.now)
		}
		return nil
	})
}

func rebootInstances(c *call, in *instancesIn) (*done, error) {
	_, err := c.change(in.InstanceId, only("rebooted", stateRunning), func(i *instance) error {
		c.cloud.operate(i, rebootHost)
		return nil
	})
	return &done{true}, err
}

func terminateInstances(c *call, in *stopIn) (*stateChanges, error) {
	check := func(i *instance) error {
		if i.NoTermination {
			return refuse("OperationNotPermitted", "The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", i.ID)
		}
		return nil
	}
	return c.change(in.InstanceId, check, func(i *instance) error {
		if i.State != stateTerminated && i.State != stateShuttingDown {
			c.cloud.terminate(i, c.now)
		}
		return nil
	})
}

type attributeIn struct{ InstanceId, Attribute string }

type boxed[T any] struct {
	Value T `xml:"value"`
}

type attributeOut struct {
	ID            string         `xml:"instanceId"`
	Shutdown      *boxed[string] `xml:"instanceInitiatedShutdownBehavior"`
	Type          *boxed[string] `xml:"instanceType"`
	NoTermination *boxed[bool]   `xml:"disableApiTermination"`
	NoStop        *boxed[bool]   `xml:"disableApiStop"`
	RootName      *boxed[string] `xml:"rootDeviceName"`
	UserData      *userDataOut   `xml:"userData"`
	Groups        []groupRef     `xml:"groupSet>item"`
}

// userDataOut has no value where there is none.
type userDataOut struct {
	Value string `xml:"value,omitempty"` // base64
}

func describeInstanceAttribute(c *call, in *attributeIn) (*attributeOut, error) {
	found, err := c.visible([]string{in.InstanceId})
	if err != nil {
		return nil, err
	}
	i := found[0]
	out := &attributeOut{ID: i.ID}
	switch in.Attribute {
	case "instanceInitiatedShutdownBehavior":
		out.Shutdown = &boxed[string]{i.ShutdownBehavior}
	case "instanceType":
		out.Type = &boxed[string]{i.Type}
	case "disableApiTermination":
		out.NoTermination = &boxed[bool]{i.NoTermination}
	case "disableApiStop":
		out.NoStop = &boxed[bool]{i.NoStop}
	case "rootDeviceName":
		out.RootName = &boxed[string]{"/dev/sda1"}
	case "userData":
		out.UserData = &userDataOut{base64.StdEncoding.EncodeToString(i.UserData)}
	case "groupSet":
		out.Groups = c.groupRefs(i)
	default:
		return nil, refuse("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute", in.Attribute)
	}
	return out, nil
}

type modifyAttributeIn struct {
	InstanceId, Attribute, Value          string
	InstanceType                          *boxed[string]
	InstanceInitiatedShutdownBehavior     *boxed[string]
	DisableApiTermination, DisableApiStop *boxed[bool]
	GroupId                               []string
}

// modifyInstanceAttribute changes one attribute, named by Attribute and Value
// or by its own parameter.
func modifyInstanceAttribute(c *call, in *modifyAttributeIn) (*done, error) {
	found, err := c.visible([]string{in.InstanceId})
	if err != nil {
		return nil, err
	}
	switch in.Attribute {
	case "":
	case "instanceType":
		in.InstanceType = &boxed[string]{in.Value}
	case "instanceInitiatedShutdownBehavior":
		in.InstanceInitiatedShutdownBehavior = &boxed[string]{in.Value}
	default:
		return nil, refuse("InvalidParameterValue", "Value (%s) for parameter attribute is invalid.", in.Attribute)
	}
	i := found[0]
	change, err := c.attributeChange(i, in)
	if err != nil {
		return nil, err
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	change()
	return &done{true}, nil
}

// attributeChange checks the request and answers what it does.
func (c *call) attributeChange(i *instance, in *modifyAttributeIn) (func(), error) {
	switch {
	case in.InstanceType != nil:
		if i.State != stateStopped {
			return nil, refuse("IncorrectInstanceState", "The instance '%s' is not in the 'stopped' state.", i.ID)
		}
		kind, err := typeIn(in.InstanceType.Value, c.regionName)
		if err != nil {
			// docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
			return nil, refuse("InvalidInstanceAttributeValue", "Invalid value '%s' for InstanceType.", in.InstanceType.Value)
		}
		old, _ := typeNamed(i.Type)
		if kind.arch() != old.arch() {
			return nil, refuse("InvalidParameterValue", "The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI.", kind.arch(), old.arch())
		}
		g, _ := geoOf(c.regionName)
		if c.cloud.opts.FreePlan && !c.cloud.freeTier(kind, g) {
			return nil, notFreeTier()
		}
		return func() { i.Type = kind.name }, nil
	case in.InstanceInitiatedShutdownBehavior != nil:
		to := in.InstanceInitiatedShutdownBehavior.Value
		if to != "stop" && to != "terminate" {
			return nil, refuse("InvalidParameterValue", "Value (%s) for parameter value is invalid.", to)
		}
		return func() { i.ShutdownBehavior = to }, nil
	case in.DisableApiTermination != nil:
		return func() { i.NoTermination = in.DisableApiTermination.Value }, nil
	case in.DisableApiStop != nil:
		return func() { i.NoStop = in.DisableApiStop.Value }, nil
	case len(in.GroupId) > 0:
		for _, id := range in.GroupId {
			if _, err := c.region.groupByID(id); err != nil {
				return nil, err
			}
		}
		return func() { i.Groups = in.GroupId }, nil
	}
	return nil, refuse("InvalidParameterCombination", "No attributes specified.")
}
