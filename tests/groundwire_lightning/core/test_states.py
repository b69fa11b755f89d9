from groundwire_lightning.core.states import RunningStage, TrainerFn, TrainerStatus


def test_words_equal_those_of_lightning_and_plain_ones():
    from lightning.pytorch.trainer import states

    assert TrainerFn.FITTING == states.TrainerFn.FITTING == "fit"
    assert states.TrainerFn.FITTING == TrainerFn.FITTING
    assert TrainerFn.TESTING != states.TrainerFn.FITTING
    assert hash(TrainerFn.FITTING) == hash("fit")
    for ours, theirs in ((RunningStage, states.RunningStage), (TrainerStatus, states.TrainerStatus)):
        assert {word.name: word.value for word in ours} == {word.name: word.value for word in theirs}
    for word in RunningStage:
        assert word.evaluating == states.RunningStage(word.value).evaluating
        assert word.dataloader_prefix == states.RunningStage(word.value).dataloader_prefix
