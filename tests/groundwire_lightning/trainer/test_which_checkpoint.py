from tests.groundwire_lightning.small import lit, loader, quiet


def test_what_a_dead_job_of_a_cluster_left_behind_is_not_its_newest_file(tmp_path):
    trainer = quiet(default_root_dir=tmp_path)
    trainer.fit(lit(), loader(), loader())
    trainer.save_checkpoint(tmp_path / "hpc_ckpt_7.ckpt")
    (tmp_path / ".hpc_ckpt_8.ckpt.9f3a").write_bytes(b"half of it")
    quiet(default_root_dir=tmp_path, max_epochs=2).fit(lit(), loader(), loader(), ckpt_path="hpc")
