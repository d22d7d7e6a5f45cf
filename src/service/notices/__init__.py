"""Notices: a truck's news on its way to phones, rooms and roadside signs.

`queue` makes rows of news, `sender` carries them out through one port (`notice.Port`) with an adapter for each kind of
target. Everything works without notices; they only come to whoever is not looking at a page.
"""
