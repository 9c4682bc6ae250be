"""Write-back: plan what should change, seal it, apply it, settle it."""
