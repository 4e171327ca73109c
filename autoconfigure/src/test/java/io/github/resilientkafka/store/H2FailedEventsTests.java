package io.github.resilientkafka.store;

import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The administrative side of the store on H2.
 */
class H2FailedEventsTests extends FailedEventsContract<H2Database> {

    H2FailedEventsTests() {
        super(new H2Database());
    }

    private static final class InMode extends FailedEventsContract<H2Database> {

        InMode(String settings) {
            super(new H2Database(settings));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ";MODE=PostgreSQL",
                ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH",
                ";MODE=MySQL",
                ";DATABASE_TO_UPPER=FALSE",
                ";CASE_INSENSITIVE_IDENTIFIERS=TRUE",
                ";MODE=Oracle",
                ";MODE=MSSQLServer"
            })
    void allOfItWorksInOtherModes(String settings) {
        in(settings, InMode::retryAndDiscardKeepTheTotals);
        in(settings, InMode::purgeTakesTheOldestOfItsStatusAChunkAtATime);
    }

    private static void in(String settings, Consumer<InMode> test) {
        InMode mode = new InMode(settings);
        try {
            test.accept(mode);
        } finally {
            mode.close();
        }
    }
}
