package io.github.resilientkafka;

import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Arrays;
import java.util.Set;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.stereotype.Component;

/**
 * What makes auto-configuration a good guest, as far as it can be seen in classes.
 */
@AnalyzeClasses(packages = "io.github.resilientkafka", importOptions = DoNotIncludeTests.class)
class AutoConfigurationRulesTests {

    /** For each, there is no one bean class: it is the user's to implement, or its implementation is a lambda or a proxy. */
    private static final Set<String> INTERFACES_OF_BEANS = Set.of(
            "io.github.resilientkafka.publisher.ProducerRecreationPolicy",
            "io.github.resilientkafka.store.FailedKafkaEventRepository",
            "io.github.resilientkafka.publisher.TraceContext",
            "org.springframework.boot.actuate.health.HealthIndicator",
            "org.springframework.boot.health.contributor.HealthIndicator");

    @ArchTest
    static void auto_configurations_are_entered_by_the_imports_file_only(JavaClasses classes) {
        assertThat(classes.stream()
                        .filter(each -> each.isAnnotatedWith(AutoConfiguration.class))
                        .map(JavaClass::getName))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(AllAutoConfigurations.classes())
                        .map(Class::getName)
                        .toList());
    }

    @ArchTest
    static void every_auto_configuration_can_be_switched_off(JavaClasses classes) {
        assertThat(AllAutoConfigurations.classes()).allSatisfy(each -> {
            ConditionalOnBooleanProperty condition = each.getAnnotation(ConditionalOnBooleanProperty.class);
            assertThat(condition).as(each.getName()).isNotNull();
            assertThat(condition.name()).contains("resilient-kafka.enabled");
            assertThat(condition.matchIfMissing()).isTrue();
        });
    }

    @ArchTest
    static void nothing_is_found_by_scanning_and_nothing_is_scanned(JavaClasses classes) {
        noClasses()
                .should()
                .beAnnotatedWith(ComponentScan.class)
                .orShould()
                .beMetaAnnotatedWith(
                        DescribedPredicate.describe(
                                "@Enable… of scheduling, asynchronous methods, transactions or Kafka",
                                annotation -> annotation
                                        .getRawType()
                                        .getName()
                                        .matches(
                                                "org\\.springframework\\..*\\.Enable(Scheduling|Async|Kafka|TransactionManagement)")))
                .check(classes);
        classes()
                .that()
                .areMetaAnnotatedWith(Component.class)
                .should()
                .beMetaAnnotatedWith(Configuration.class)
                .check(classes);
    }

    @ArchTest
    static void bean_methods_are_package_private(JavaClasses classes) {
        methods()
                .that()
                .areAnnotatedWith(Bean.class)
                .should()
                .bePackagePrivate()
                .check(classes);
    }

    @ArchTest
    static void bean_methods_return_the_class_that_conditions_shall_see(JavaClasses classes) {
        methods()
                .that()
                .areAnnotatedWith(Bean.class)
                .and(are(DescribedPredicate.describe(
                        "not of a known interface",
                        method -> !INTERFACES_OF_BEANS.contains(
                                method.getRawReturnType().getName()))))
                .should(new ArchCondition<>("return a class") {
                    @Override
                    public void check(JavaMethod method, ConditionEvents events) {
                        events.add(new SimpleConditionEvent(
                                method, !method.getRawReturnType().isInterface(), method.getDescription()));
                    }
                })
                .check(classes);
    }

    @ArchTest
    static void bean_methods_of_post_processors_are_static(JavaClasses classes) {
        methods()
                .that()
                .areAnnotatedWith(Bean.class)
                .and(are(DescribedPredicate.describe(
                        "post-processors",
                        method -> method.getRawReturnType().isAssignableTo(BeanPostProcessor.class)
                                || method.getRawReturnType().isAssignableTo(BeanFactoryPostProcessor.class))))
                .should()
                .haveModifier(JavaModifier.STATIC)
                .check(classes);
    }

    @ArchTest
    static void conditions_on_classes_stand_on_classes(JavaClasses classes) {
        noMethods()
                .should()
                .beAnnotatedWith(ConditionalOnClass.class)
                .orShould()
                .beAnnotatedWith(ConditionalOnMissingClass.class)
                .check(classes);
    }

    @ArchTest
    static void configurations_do_not_proxy_their_bean_methods(JavaClasses classes) {
        assertThat(classes.stream().filter(each -> each.isAnnotatedWith(Configuration.class)))
                .isNotEmpty()
                .allSatisfy(each -> assertThat(
                                each.getAnnotationOfType(Configuration.class).proxyBeanMethods())
                        .as(each.getName())
                        .isFalse());
    }
}
