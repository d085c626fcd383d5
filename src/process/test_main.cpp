// The main of every test program: a Keeper runs the program itself again, so that this comes first.
#include <gmock/gmock.h>

#include "process/keeper.h"

int main(int argc, char** argv) {
    if (atelier::process::run_as_keeper(argc, argv)) return 0;
    testing::InitGoogleMock(&argc, argv);
    return RUN_ALL_TESTS();
}
