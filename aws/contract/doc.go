// Package contract holds package aws to one contract against two clouds: the
// embedded one and moto (https://github.com/getmoto/moto), which nobody here
// wrote. It is for tests only; other packages' tests start moto with it.
package contract
