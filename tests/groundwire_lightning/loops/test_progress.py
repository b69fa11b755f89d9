from groundwire_lightning.loops.progress import Count, Progress, Restart


def validated(progress, batches):
    progress.enter_validation()
    progress.val_batch = Count(batches, batches, batches, batches)


def test_counts_are_added_and_taken_apart():
    one, other = Count(4, 3, 2, 1), Count(1, 1, 1, 1)
    assert one.plus(other) == Count(5, 4, 3, 2)
    assert one.plus(other).minus(other) == one


def test_batches_of_an_epoch_are_those_of_the_epochs_before_in_the_next():
    progress = Progress(steps=2, cleared=3, moved=1)
    progress.ready, progress.batch = 5, Count(5, 5, 5, 4)
    progress.enter_epoch()
    assert (progress.before, progress.batch, progress.ready) == (Count(5, 5, 5, 4), Count(), 0)
    assert progress.at_start == (2, 3, 1)


def test_validations_are_added_up_within_an_epoch_and_begin_anew_in_the_next():
    progress = Progress()
    progress.enter_epoch()
    validated(progress, 2)
    validated(progress, 3)
    assert progress.val_before == Count(2, 2, 2, 2)
    progress.enter_epoch()
    validated(progress, 3)
    assert progress.val_before == Count()


def test_another_entry_point_counts_apart_and_goes_on_where_it_was():
    progress = Progress()
    validated(progress, 7)
    for times in (1, 2):
        with progress.counting("test"):
            validated(progress, 2)
            assert progress.val_before == Count(*[2 * (times - 1)] * 4)
    assert progress.val_batch == Count(7, 7, 7, 7)


def test_predictions_are_added_up():
    progress = Progress()
    progress.predicted(3)
    progress.predicted(2)
    assert progress.others["predict"] == (Count(2, 2, 2, 2), Count(3, 3, 3, 3), False)


def test_whoever_holds_a_progress_counts_on_from_where_it_is_set_back_to():
    progress = held = Progress(epochs=4, steps=9)
    progress.go_back_to(Progress(epochs=1, steps=2))
    assert (held.epochs, held.steps) == (1, 2)


def test_hooks_at_the_start_of_an_epoch_run_unless_the_run_is_taken_up_behind_them():
    places = ("between", "epoch start", "mid-epoch", "epoch end", "after the epoch")
    assert [Restart(True, place).begins_epoch for place in places] == [True, True, False, False, True]
