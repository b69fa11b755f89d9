"""Every public name of pytorch-accelerated 0.1.61, as data: a program that renames the import root finds it here."""

import ast
import importlib
import inspect
from functools import partial

import pytest

import groundwire
from groundwire import Trainer
from groundwire.callbacks import DEFAULT_CALLBACKS
from groundwire.schedulers.placeholders import TrainerPlaceholderValues
from groundwire.utils import ModelEma

SURFACE = {
    "": """
        Trainer
        TrainerPlaceholderValues
        set_seed
        notebook_launcher
        __version__
    """,
    "trainer": """
        DEFAULT_CALLBACKS
        TrainerPlaceholderValues
        TrainerPlaceholderValues.NUM_EPOCHS
        TrainerPlaceholderValues.NUM_UPDATE_STEPS_PER_EPOCH
        TrainerPlaceholderValues.PER_PROCESS_NUM_UPDATE_STEPS_PER_EPOCH
        TrainerPlaceholderValues.TRAIN_DATALOADER_LEN
        TrainerPlaceholderValues.EVAL_DATALOADER_LEN
        TrainerPlaceholderValues.placeholder_set()
        replace_trainer_placeholder_values(trainer, instance)
        Trainer(model, loss_func, optimizer, callbacks=DEFAULT_CALLBACKS, run_history=None)
        Trainer.create_train_dataloader(batch_size, train_dl_kwargs=None)
        Trainer.create_eval_dataloader(batch_size, eval_dl_kwargs=None)
        Trainer.create_scheduler()
        Trainer.training_run_start()
        Trainer.train_epoch_start()
        Trainer.calculate_train_batch_loss(batch)
        Trainer.backward_step(loss)
        Trainer.optimizer_step()
        Trainer.scheduler_step()
        Trainer.optimizer_zero_grad()
        Trainer.train_epoch_end()
        Trainer.eval_epoch_start()
        Trainer.calculate_eval_batch_loss(batch)
        Trainer.eval_epoch_end()
        Trainer.training_run_epoch_end()
        Trainer.training_run_end()
        Trainer.evaluation_run_start()
        Trainer.evaluation_run_end()
        Trainer.train(train_dataset, num_epochs, eval_dataset=None, per_device_batch_size=8,
            max_num_train_steps=None, gradient_accumulation_steps=1, gradient_clip_value=None, create_scheduler_fn=None,
            train_dataloader_kwargs=None, eval_dataloader_kwargs=None, reset_run_history=True, collate_fn=None,
            resume_from=None)
        Trainer.evaluate(dataset=None, per_device_batch_size=8, dataloader_kwargs=None, collate_fn=None)
        Trainer.get_default_train_dl_kwargs(batch_size)
        Trainer.get_default_eval_dl_kwargs(batch_size)
        Trainer.device
        Trainer.gather(tensor, padding_value=None)
        Trainer.print(*args, **kwargs)
        Trainer.save_checkpoint(save_path, checkpoint_kwargs=None, save_optimizer=True, save_scheduler=True,
            save_per_node=True)
        Trainer.load_checkpoint(checkpoint_path, load_optimizer=True, load_scheduler=True)
        Trainer.save_training_state(output_dir, checkpoint_kwargs=None)
        Trainer.load_training_state(input_dir)
        Trainer.get_model(keep_torch_compile=True)
        TrainerWithTimmScheduler(*args, **kwargs)
        TrainerWithTimmScheduler.train_epoch_start()
        TrainerWithTimmScheduler.eval_epoch_end()
        TrainerWithTimmScheduler.scheduler_step()
    """,
    "callbacks": """
        get_default_callbacks(progress_bar=True)
        StopTrainingError
        CallbackMethodNotImplementedError
        TrainerCallback
        TrainerCallback.on_init_end(trainer, **kwargs)
        TrainerCallback.on_training_run_start(trainer, **kwargs)
        TrainerCallback.on_train_epoch_start(trainer, **kwargs)
        TrainerCallback.on_train_step_start(trainer, **kwargs)
        TrainerCallback.on_train_step_end(trainer, batch, batch_output, **kwargs)
        TrainerCallback.on_train_epoch_end(trainer, **kwargs)
        TrainerCallback.on_eval_epoch_start(trainer, **kwargs)
        TrainerCallback.on_eval_step_start(trainer, **kwargs)
        TrainerCallback.on_eval_step_end(trainer, batch, batch_output, **kwargs)
        TrainerCallback.on_eval_epoch_end(trainer, **kwargs)
        TrainerCallback.on_training_run_epoch_end(trainer, **kwargs)
        TrainerCallback.on_training_run_end(trainer, **kwargs)
        TrainerCallback.on_evaluation_run_start(trainer, **kwargs)
        TrainerCallback.on_evaluation_run_end(trainer, **kwargs)
        TrainerCallback.on_stop_training_error(trainer, **kwargs)
        CallbackHandler(callbacks)
        CallbackHandler.add_callbacks(callbacks)
        CallbackHandler.add_callback(callback)
        CallbackHandler.clear_callbacks()
        CallbackHandler.callback_list
        CallbackHandler.call_event(event, *args, **kwargs)
        LogMetricsCallback
        LogMetricsCallback.log_metrics(trainer, metrics)
        ProgressBarCallback()
        PrintProgressCallback
        SaveBestModelCallback(save_path='best_model.pt', watch_metric='eval_loss_epoch', greater_is_better=False,
            reset_on_train=True, save_optimizer=True, save_scheduler=True, load_saved_checkpoint=True)
        EarlyStoppingCallback(early_stopping_patience=1, early_stopping_threshold=0.01,
            watch_metric='eval_loss_epoch', greater_is_better=False, reset_on_train=True)
        TerminateOnNaNCallback()
        TerminateOnNaNCallback.check_for_nan_after_batch(batch_output, step=None)
        MoveModulesToDeviceCallback
        LimitBatchesCallback(num_batches)
        ModelEmaCallback(decay=0.99, evaluate_during_training=True, save_path='ema_model.pt',
            watch_metric='ema_model_eval_loss_epoch', greater_is_better=False, model_ema=ModelEma, callbacks=())
        ConvertSyncBatchNormCallback
        StepBasedEvaluationCallback(eval_every_n_steps)
        LimitEvalStepsCallback(num_eval_steps, limit_intermediate_only=True)
        SaveTrainingStateCallback(save_dir='training_states', save_every_n_epochs=None, save_every_n_steps=None,
            save_at_end=True, max_checkpoints=None)
        WSDCheckpointCallback(save_dir='checkpoints', save_optimizer=True, save_scheduler=True,
            initial_checkpoint=None)
    """,
    "tracking": """
        RunHistory
        RunHistory.get_metric_names()
        RunHistory.get_metric_values(metric_name)
        RunHistory.get_latest_metric(metric_name)
        RunHistory.set_metric_name_prefix(prefix='')
        RunHistory.metric_name_prefix
        RunHistory.update_metric(metric_name, metric_value)
        RunHistory.delete_metric(metric_name)
        RunHistory.current_epoch
        RunHistory.reset()
        InMemoryRunHistory()
        LossTracker()
        LossTracker.reset()
        LossTracker.update(loss_batch_value, batch_size=1)
        LossTracker.average
    """,
    "run_config": """
        TrainerRunConfig(num_epochs, train_per_device_batch_size, train_dl_kwargs, eval_per_device_batch_size,
            eval_dl_kwargs, gradient_accumulation_steps, gradient_clip_value, train_total_batch_size,
            eval_total_batch_size, num_update_steps_per_epoch, num_local_update_steps_per_epoch, max_num_train_steps,
            is_local_process_zero, is_world_process_zero, is_distributed, mixed_precision, num_processes)
        TrainerRunConfig.to_dict()
    """,
    "schedulers.scheduler_base": """
        SchedulerBase(optimizer, param_group_field='lr')
        SchedulerBase.get_updated_values(num_updates)
        SchedulerBase.step_update(num_updates)
        SchedulerBase.state_dict()
        SchedulerBase.load_state_dict(state_dict)
        StatefulSchedulerBase(optimizer, param_group_field='lr')
        StatefulSchedulerBase.step()
    """,
    "schedulers.cosine_scheduler": """
        CosineLrScheduler(optimizer, total_num_epochs, num_update_steps_per_epoch, k_decay=1.0, lr_min=1e-06,
            min_lr_ratio=None, num_warmup_epochs=0, warmup_starting_lr=1e-06, warmup_starting_lr_ratio=None,
            num_cooldown_epochs=0)
        CosineLrScheduler.create_scheduler_fn(total_num_epochs=TrainerPlaceholderValues.NUM_EPOCHS,
            num_update_steps_per_epoch=TrainerPlaceholderValues.NUM_UPDATE_STEPS_PER_EPOCH, k_decay=1.0, lr_min=1e-06,
            min_lr_ratio=None, num_warmup_epochs=0, warmup_starting_lr=1e-06, warmup_starting_lr_ratio=None,
            num_cooldown_epochs=0)
    """,
    "schedulers.wsd_scheduler": """
        WSDLrScheduler(optimizer, num_epochs=None, num_update_steps_per_epoch=None, total_steps=None,
            num_warmup_steps=0, decay_phase_ratio=0.1, lr_min=1e-06, warmup_starting_lr=1e-06,
            use_inverse_sqrt_decay=True, num_checkpoints=1, is_continuation_from_checkpoint=False)
        WSDLrScheduler.get_checkpoint_steps()
        WSDLrScheduler.get_phase_info(num_updates)
        WSDLrScheduler.get_decay_info()
        WSDLrScheduler.get_current_step()
        WSDLrScheduler.get_current_phase_info()
        WSDLrScheduler.create_scheduler_fn(total_num_epochs=TrainerPlaceholderValues.NUM_EPOCHS,
            num_update_steps_per_epoch=TrainerPlaceholderValues.PER_PROCESS_NUM_UPDATE_STEPS_PER_EPOCH,
            num_warmup_epochs=None, decay_phase_ratio=0.1, lr_min=1e-06, warmup_starting_lr=1e-06,
            use_inverse_sqrt_decay=True, num_checkpoints=1, is_continuation_from_checkpoint=False)
        estimate_checkpoint_steps(total_steps, num_checkpoints=3)
    """,
    "finetuning": """
        BN_MODULES
        Layer
        LayerGroup
        ModelFreezer(model, freeze_batch_norms=False)
        ModelFreezer.get_layer_groups()
        ModelFreezer.get_layers()
        ModelFreezer.get_trainable_parameters()
        ModelFreezer.freeze(from_index=0, to_index=-2, set_modules_as_eval=False)
        ModelFreezer.unfreeze(from_index=-1, to_index=0, set_modules_as_training=True)
    """,
    "utils": """
        LIMIT_BATCHES_ENV_VAR
        LimitBatches(num_batches)
        DataLoaderSlice(dl, slice_size)
        local_process_zero_only(func)
        local_process_zero_first(func)
        world_process_zero_only(func)
        ModelEma(model, decay=0.9999)
        ModelEma.update_fn(ema_model_weights, updated_model_weights)
        ModelEma.update(model)
        ModelEma.set(model)
        worker_init_fn(worker_id)
        remove_padding(padded_tensor, pad_value)
    """,
}

PRIVATE = [
    "_train_dataloader",
    "_eval_dataloader",
    "_accelerator",
    "_loss_tracker",
    "_run_training",
    "_run_train_epoch",
    "_run_eval_epoch",
    "_clip_gradients",
    "_create_run_config",
    "_prepare_model_and_optimizer",
    "_prepare_dataloaders",
    "_prepare_model_optimizer_and_dataloaders",
    "_update_loss_tracker",
    "_add_epoch_loss_to_run_history",
    "_create_accelerator",
    "_create_callback_handler",
    "_pad_uneven_eval_batches",
]
"""What its examples, its documentation and its tests touch."""

KNOWN = {"DEFAULT_CALLBACKS": DEFAULT_CALLBACKS, "ModelEma": ModelEma}


def entries():
    for module, text in SURFACE.items():
        lines = text.replace("\n            ", " ").split("\n")
        yield from ((module, line.strip()) for line in lines if line.strip())


ENTRIES = list(entries())


def found(module, path):
    thing = importlib.import_module(f"groundwire.{module}" if module else "groundwire")
    for name in path.split("."):
        thing = getattr(thing, name)
    return thing


def value_of(node):
    text = ast.unparse(node)
    if text.startswith("TrainerPlaceholderValues."):
        return getattr(TrainerPlaceholderValues, text.partition(".")[2])
    return KNOWN[text] if text in KNOWN else ast.literal_eval(node)


def promised(entry):
    """Name to default (or ``empty``), in order; those that start with a star take the rest."""
    arguments = ast.parse(f"def f({entry.partition('(')[2]}: ...").body[0].args
    without = len(arguments.args) - len(arguments.defaults)
    defaults = [inspect.Parameter.empty] * without + [value_of(node) for node in arguments.defaults]
    names = {argument.arg: default for argument, default in zip(arguments.args, defaults, strict=True)}
    stars = [f"*{arguments.vararg.arg}"] if arguments.vararg else []
    stars += [f"**{arguments.kwarg.arg}"] if arguments.kwarg else []
    return names, stars


@pytest.mark.parametrize(("module", "entry"), ENTRIES, ids=[f"{module}-{entry[:40]}" for module, entry in ENTRIES])
def test_it_is_here_with_its_parameters_in_their_order_and_with_their_defaults(module, entry):
    path, is_called, _ = entry.partition("(")
    thing = found(module, path)
    if not is_called:
        return
    names, stars = promised(entry)
    parameters = list(inspect.signature(thing).parameters.values())
    is_method = "." in path and inspect.isfunction(thing)
    ours = parameters[1:] if is_method else parameters
    by_position = [one for one in ours if one.kind is one.POSITIONAL_OR_KEYWORD]
    assert [one.name for one in by_position][: len(names)] == list(names)
    for one in by_position:
        if one.name not in names:  # added by us, so it may be left out
            assert one.default is not one.empty
        elif names[one.name] is not one.empty:
            assert one.default == names[one.name]
    taken = [one.kind for one in ours]
    for star in stars:
        kind = inspect.Parameter.VAR_KEYWORD if star.startswith("**") else inspect.Parameter.VAR_POSITIONAL
        assert kind in taken
    added = [one for one in ours if one.kind is one.KEYWORD_ONLY]
    assert all(one.default is not one.empty for one in added)


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_name_that_code_touches_is_here(name):
    trainer = Trainer(model=None, loss_func=None, optimizer=None, callbacks=())
    assert hasattr(trainer, name)


def test_the_default_callbacks_are_the_five_in_their_order():
    assert [kind.__name__ for kind in groundwire.trainer.DEFAULT_CALLBACKS] == [
        "MoveModulesToDeviceCallback",
        "TerminateOnNaNCallback",
        "PrintProgressCallback",
        "ProgressBarCallback",
        "LogMetricsCallback",
    ]


def test_a_factory_of_a_scheduler_is_a_partial_of_its_class():
    from groundwire.schedulers import CosineLrScheduler, WSDLrScheduler

    for kind in (CosineLrScheduler, WSDLrScheduler):
        made = kind.create_scheduler_fn()
        assert isinstance(made, partial)
        assert made.func is kind


def test_the_names_of_a_star_import_are_those_of_the_list():
    space = {}
    exec("from groundwire import *", space)  # noqa: S102  # what a program would write
    assert set(groundwire.__all__) <= set(space)
