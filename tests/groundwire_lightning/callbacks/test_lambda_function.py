from tests.side_by_side.twins import BOTH, twins

# functions as callbacks


def test_functions_are_called_at_their_hooks_as_in_lightning():
    names = ["setup", "on_fit_start", "on_train_batch_end", "on_validation_end", "on_before_zero_grad", "teardown"]

    def scenario(stage):
        hooks = {name: lambda *args, name=name, **kw: stage.note("function", name, *args[2:]) for name in names}
        module = stage.make_module(methods=BOTH)
        stage.make_trainer(callbacks=[stage.callbacks.LambdaCallback(**hooks)]).fit(
            module, stage.loader("train"), stage.loader("val", samples=10)
        )

    twins(scenario)
