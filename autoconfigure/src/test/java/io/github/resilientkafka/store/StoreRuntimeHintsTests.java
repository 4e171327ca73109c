package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;

class StoreRuntimeHintsTests {

    @ParameterizedTest
    @EnumSource
    void scriptsAreKeptInANativeImage(DatabaseVendor vendor) {
        RuntimeHints hints = new RuntimeHints();
        new StoreRuntimeHints().registerHints(hints, null);

        assertThat(SchemaMigration.SCRIPTS).allSatisfy(script -> assertThat(
                        RuntimeHintsPredicates.resource().forResource(vendor.scripts() + script))
                .accepts(hints));
    }
}
