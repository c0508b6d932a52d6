// Package packages brings the Python packages that a project needs into a venv
// of the project's own on a host, with a kernel that is named after it. The
// server's own venv stays as it is.
//
// [Find] reads here what the project needs, [Bring] has uv install it there, and
// [Compare] tells every package with the versions of both sides. No program of
// the project is run here.
package packages
