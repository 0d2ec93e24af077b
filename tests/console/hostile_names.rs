//! Machines whose names a terminal would act on: they are shown, and never reach the terminal as they are.
