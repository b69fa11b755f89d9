from tests.groundwire.runs import trainer_for

from groundwire import Trainer


def test_a_subclass_adds_to_a_checkpoint_and_takes_back_what_it_added(tmp_path):
    class Counts(Trainer):
        seen = 0

        def _save_state(self, state):
            state["seen"] = self.seen

        def _load_state(self, state):
            self.seen = state["seen"]

    one, other = trainer_for(kind=Counts), trainer_for(kind=Counts)
    one.seen = 7
    one.save_checkpoint(tmp_path / "model.pt")
    other.load_checkpoint(tmp_path / "model.pt")
    assert other.seen == 7


def test_only_the_process_that_is_asked_writes(tmp_path, monkeypatch):
    trainer = trainer_for()
    monkeypatch.setattr(type(trainer._accelerator), "is_main_process", False)
    trainer.save_checkpoint(tmp_path / "one.pt", save_per_node=False)
    trainer.save_checkpoint(tmp_path / "each.pt", save_per_node=True)
    assert [file.name for file in tmp_path.iterdir()] == ["each.pt"]
