from groundwire import listeners


def test_all_that_listen_are_told_of_what_is_lacking(monkeypatch):
    told = []
    monkeypatch.setattr(listeners, "LACKING", [lambda *words: told.append(words)] * 2)
    listeners.tell_of_lacking("refused", "no server")
    listeners.tell_of_lacking("name", "no attribute 'a'", "a")
    assert told == [("refused", "no server", "no server")] * 2 + [("name", "a", "no attribute 'a'")] * 2
