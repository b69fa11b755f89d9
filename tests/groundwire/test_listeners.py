from groundwire import listeners


def test_all_that_listen_are_told_of_what_is_lacking(monkeypatch):
    told = []
    monkeypatch.setattr(listeners, "LACKING", [lambda *words: told.append(words)] * 2)
    listeners.tell_of_lacking("name", "no attribute 'a'", name="a")
    assert told == [("name", "a", "no attribute 'a'")] * 2


def test_each_thing_has_a_message(monkeypatch):
    told = []
    monkeypatch.setattr(listeners, "LACKING", [lambda *words: told.append(words)])
    listeners.tell_of_lacking("hook", "one", "two")
    assert told == [("hook", "one", "one"), ("hook", "two", "two")]
