package logpane

// first and end are the numbers of the oldest line and of the one after the newest.
func (p *Pane) first() int { return p.buf.Dropped() }
func (p *Pane) end() int   { return p.buf.Dropped() + p.buf.Len() }

// bottom is the place from which the log's last rows fill the window.
func (p *Pane) bottom() place {
	last := max(p.end()-1, p.first())
	rows := len(p.lay(last).rows)
	return p.back(place{last, p.lay(last).rows[rows-1]}, p.body()-1)
}

// back is the place so many rows above, at most the log's start.
func (p *Pane) back(at place, rows int) place {
	l := p.lay(at.line)
	row := l.row(at.offset)
	for row < rows && at.line > p.first() {
		rows -= row + 1
		at.line--
		l = p.lay(at.line)
		row = len(l.rows) - 1
	}
	return place{at.line, l.rows[max(row-max(rows, 0), 0)]}
}

// ahead is the place so many rows below, at most the log's last row.
func (p *Pane) ahead(at place, rows int) place {
	l := p.lay(at.line)
	row := l.row(at.offset)
	for row+rows >= len(l.rows) && at.line < p.end()-1 {
		rows -= len(l.rows) - row
		at.line++
		l, row = p.lay(at.line), 0
	}
	return place{at.line, l.rows[min(row+rows, len(l.rows)-1)]}
}

func (a place) before(b place) bool {
	return a.line < b.line || a.line == b.line && a.offset < b.offset
}

// origin is the first row of the window, within the log as it is now.
func (p *Pane) origin() place {
	bottom := p.bottom()
	if p.follow || !p.top.before(bottom) {
		return bottom
	}
	if p.top.line < p.first() {
		return place{p.first(), 0}
	}
	l := p.lay(p.top.line)
	return place{p.top.line, l.rows[l.row(p.top.offset)]}
}

// scroll moves the window by rows. Up ends following, the bottom begins it.
func (p *Pane) scroll(rows int) {
	from := p.origin()
	if rows < 0 {
		p.top = p.back(from, -rows)
		p.follow = p.follow && p.top == from
		return
	}
	p.top = p.ahead(from, rows)
	p.follow = !p.top.before(p.bottom())
}

func (p *Pane) home() {
	start := place{p.first(), 0}
	p.follow = p.follow && p.origin() == start
	p.top = start
}

func (p *Pane) setFollow(on bool) {
	p.top = p.origin()
	p.follow = on
}

// visible are the numbers of the first and the last line in the window; last
// is before first when there is none.
func (p *Pane) visible() (first, last int) {
	if p.buf.Len() == 0 {
		return 0, -1
	}
	from := p.origin()
	return from.line, p.ahead(from, max(p.body()-1, 0)).line
}

// reveal brings the place into the window, a third from its top, unless it is
// in it already. The view then stays there.
func (p *Pane) reveal(at place) {
	from := p.origin()
	p.follow, p.top = false, from
	row := p.lay(at.line)
	at.offset = row.rows[row.row(at.offset)]
	if at.before(from) || p.ahead(from, max(p.body()-1, 0)).before(at) {
		p.top = p.back(at, p.body()/3)
	}
}
