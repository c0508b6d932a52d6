package wording

import "strings"

// Nearest is the one of all that a person most likely meant by a word that is
// none of them, or "".
func Nearest(word string, all []string) string {
	word = strings.ToLower(word)
	best, least := "", max(1, len([]rune(word))/3)+1
	for _, candidate := range all {
		far := distance([]rune(word), []rune(strings.ToLower(candidate)))
		if far < least {
			best, least = candidate, far
		}
	}
	if best != "" || len(word) < 2 {
		return best
	}
	for _, candidate := range all { // the word may be the beginning of one alone
		if !strings.HasPrefix(strings.ToLower(candidate), word) {
			continue
		}
		if best != "" {
			return ""
		}
		best = candidate
	}
	return best
}

// distance counts the slips between two words: letters too many, missing, wrong
// or swapped with the next.
func distance(a, b []rune) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		line := make([]int, len(b)+1)
		line[0] = i
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			line[j] = min(last[j]+1, line[j-1]+1, last[j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				line[j] = min(line[j], before[j-2]+1)
			}
		}
		before, last = last, line
	}
	return last[len(b)]
}
