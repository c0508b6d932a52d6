// Package private makes files and folders that their owner alone can use, and
// tells where others can: by mode where a system has modes, by access list on
// Windows, where a mode means nothing.
package private
