package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import java.lang.reflect.Modifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.test.context.FilteredClassLoader;

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

    @Test
    void theSettingsOfAPoolCanBeCopiedInANativeImage() {
        RuntimeHints hints = new RuntimeHints();
        new StoreRuntimeHints().registerHints(hints, null);

        assertThat(HikariConfig.class.getDeclaredFields())
                .filteredOn(field -> !Modifier.isFinal(field.getModifiers()))
                .isNotEmpty()
                .allSatisfy(
                        field -> assertThat(RuntimeHintsPredicates.reflection().onField(field))
                                .accepts(hints));
    }

    @Test
    void withoutHikariThereIsNothingToCopy() {
        RuntimeHints hints = new RuntimeHints();
        new StoreRuntimeHints().registerHints(hints, new FilteredClassLoader("com.zaxxer.hikari"));

        assertThat(hints.reflection().typeHints()).isEmpty();
    }
}
