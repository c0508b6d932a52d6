package ec2sim

import (
	"encoding/base64"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

const (
	maxParams = 5000 // parameters of one request
	maxDepth  = 12   // parts of one parameter's name
)

// params is a query request's parameters as a tree: the parts between the
// dots of a name lead to its value.
type params struct {
	value string
	sub   map[string]*params
}

// parseParams makes the tree of a form. Action and Version are not in it.
func parseParams(form url.Values) (*params, error) {
	if len(form) > maxParams {
		return nil, refuse("InvalidParameter", "The request has more than %d parameters", maxParams)
	}
	root := &params{}
	for name, values := range form {
		if name == "Action" || name == "Version" {
			continue
		}
		parts := strings.Split(name, ".")
		if len(parts) > maxDepth || slices.Contains(parts, "") || len(values) != 1 {
			return nil, refuse("MalformedQueryString", "The parameter %q is malformed", name)
		}
		at := root
		for _, part := range parts {
			if at.sub == nil {
				at.sub = map[string]*params{}
			}
			if at.sub[part] == nil {
				at.sub[part] = &params{}
			}
			at = at.sub[part]
		}
		at.value = values[0]
	}
	return root, nil
}

// decode fills the struct that into points to: a field takes the parameter of
// its own name, an embedded struct's fields count as the struct's, a slice
// takes the parameters .1, .2, …, and []byte takes base64. A parameter that no
// field takes is refused, so that nothing is ignored silently.
func (p *params) decode(into any) error {
	return p.into(reflect.ValueOf(into).Elem(), "")
}

func (p *params) into(v reflect.Value, name string) error {
	switch v.Interface().(type) {
	case string:
		v.SetString(p.value)
		return p.leaf(name)
	case []byte:
		b, err := base64.StdEncoding.DecodeString(p.value)
		if err != nil {
			return refuse("InvalidParameterValue", "Invalid BASE64 encoding of %s", name)
		}
		v.SetBytes(b)
		return p.leaf(name)
	case int:
		n, err := strconv.ParseInt(p.value, 10, 32)
		if err != nil {
			return refuse("InvalidParameterValue", "Value (%s) for parameter %s is invalid. It must be an integer", p.value, name)
		}
		v.SetInt(n)
		return p.leaf(name)
	case bool:
		b, err := strconv.ParseBool(p.value)
		if err != nil {
			return refuse("InvalidParameterValue", "Value (%s) for parameter %s is invalid. It must be true or false", p.value, name)
		}
		v.SetBool(b)
		return p.leaf(name)
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return p.into(v.Elem(), name)
	case reflect.Slice:
		return p.intoSlice(v, name)
	default:
		return p.intoStruct(v, name)
	}
}

// leaf refuses parts below a plain value.
func (p *params) leaf(name string) error {
	for part := range p.sub {
		return unknownParameter(name + "." + part)
	}
	return nil
}

func (p *params) intoSlice(v reflect.Value, name string) error {
	numbers := make([]int, 0, len(p.sub))
	for part := range p.sub {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || strconv.Itoa(n) != part {
			return unknownParameter(name + "." + part)
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	list := reflect.MakeSlice(v.Type(), len(numbers), len(numbers))
	for i, n := range numbers {
		part := strconv.Itoa(n)
		if err := p.sub[part].into(list.Index(i), name+"."+part); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func (p *params) intoStruct(v reflect.Value, name string) error {
	for part, below := range p.sub {
		// FieldByName finds the fields of embedded structs too, and would
		// find the embedded struct itself by its lower-case name.
		field, ok := v.Type().FieldByName(part)
		if !ok || !field.IsExported() || field.Anonymous {
			return unknownParameter(strings.TrimPrefix(name+"."+part, "."))
		}
		if err := below.into(v.FieldByIndex(field.Index), strings.TrimPrefix(name+"."+part, ".")); err != nil {
			return err
		}
	}
	return nil
}

func unknownParameter(name string) error {
	return refuse("UnknownParameter", "The parameter %s is not recognized", name)
}
