package io.github.resilientkafka;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.springframework.boot.autoconfigure.AutoConfiguration;

/**
 * The shape of the house: directions between packages, no cycles, nothing that one jar for Boot 3.5 and 4 must not use.
 * <p>
 * Rules are methods: Surefire leaves out rules that are fields.
 */
@AnalyzeClasses(packages = "io.github.resilientkafka", importOptions = DoNotIncludeTests.class)
class ArchitectureTests {

    private static final String ROOT = "io.github.resilientkafka.";

    @ArchTest
    static void packages_depend_on_each_other_one_way_only(JavaClasses classes) {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("message")
                .definedBy(ROOT + "message")
                .layer("lifecycle")
                .definedBy(ROOT + "lifecycle")
                .layer("connection")
                .definedBy(ROOT + "connection")
                .layer("store")
                .definedBy(ROOT + "store")
                .layer("publisher")
                .definedBy(ROOT + "publisher")
                .layer("delivery")
                .definedBy(ROOT + "delivery")
                .layer("listener")
                .definedBy(ROOT + "listener")
                .layer("supervisor")
                .definedBy(ROOT + "supervisor")
                .layer("actuate")
                .definedBy(ROOT + "actuate")
                .whereLayer("lifecycle")
                .mayOnlyBeAccessedByLayers(
                        "connection", "store", "publisher", "delivery", "listener", "supervisor", "actuate")
                .whereLayer("connection")
                .mayOnlyBeAccessedByLayers("publisher", "delivery", "listener", "supervisor", "actuate")
                .whereLayer("store")
                .mayOnlyBeAccessedByLayers("publisher", "delivery", "listener", "supervisor", "actuate")
                .whereLayer("publisher")
                .mayOnlyBeAccessedByLayers("delivery", "listener", "supervisor", "actuate")
                .whereLayer("delivery")
                .mayOnlyBeAccessedByLayers("actuate")
                .whereLayer("listener")
                .mayOnlyBeAccessedByLayers("supervisor", "actuate")
                .whereLayer("supervisor")
                .mayOnlyBeAccessedByLayers("actuate")
                .whereLayer("actuate")
                .mayNotBeAccessedByAnyLayer()
                .check(classes);
    }

    @ArchTest
    static void packages_are_free_of_cycles(JavaClasses classes) {
        slices().matching(ROOT + "(*)..").should().beFreeOfCycles().check(classes);
    }

    @ArchTest
    static void types_that_moved_between_boot_3_and_4_are_not_used(JavaClasses classes) {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.springframework.boot.autoconfigure.kafka..",
                        "org.springframework.boot.kafka..",
                        "org.springframework.boot.autoconfigure.flyway..",
                        "org.springframework.boot.flyway..",
                        "org.springframework.boot.autoconfigure.orm..",
                        "org.springframework.boot.hibernate..",
                        "org.springframework.boot.jpa..",
                        "org.springframework.boot.autoconfigure.domain..",
                        "org.springframework.boot.persistence..",
                        "org.springframework.boot.autoconfigure.jdbc..",
                        "org.springframework.boot.jdbc.autoconfigure..",
                        "org.springframework.boot.actuate.autoconfigure.metrics..",
                        "org.springframework.boot.env..",
                        "com.fasterxml.jackson..",
                        "tools.jackson..",
                        "io.github.resilience4j.springboot3..",
                        "io.github.resilience4j.springboot4..")
                .check(classes);
    }

    @ArchTest
    static void each_generations_health_api_is_used_by_its_own_configuration_only(JavaClasses classes) {
        noClasses()
                .that()
                .haveSimpleNameNotContaining("Boot3")
                .and()
                .haveSimpleNameNotContaining("Boot4")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.springframework.boot.actuate.health..",
                        "org.springframework.boot.actuate.autoconfigure.health..",
                        "org.springframework.boot.health..")
                .check(classes);
    }

    @ArchTest
    static void auto_configurations_are_final(JavaClasses classes) {
        classes()
                .that()
                .areAnnotatedWith(AutoConfiguration.class)
                .should()
                .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.FINAL)
                .check(classes);
    }

    @ArchTest
    static void every_package_is_null_marked(JavaClasses classes) {
        Set<JavaPackage> packages = classes.stream().map(JavaClass::getPackage).collect(Collectors.toSet());
        assertThat(packages).isNotEmpty();
        assertThat(packages)
                .filteredOn(each -> !each.isAnnotatedWith(NullMarked.class))
                .as("packages without a package-info that says @NullMarked")
                .isEmpty();
    }
}
